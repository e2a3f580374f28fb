// The map: draws one layer of one city or level, and tells what is known of a chosen place.
(function () {
  "use strict";
  const root = document.getElementById("map");
  if (!root) return;
  const maps = JSON.parse(document.getElementById("map-data").textContent);
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const canvas = part("canvas"), pen = canvas.getContext("2d");
  const mapChoice = part("choose-map"), layerChoice = part("choose-layer");
  const MISSING = "#e4e4e4", INK = "#222222", PAPER = "#ffffff";
  const MARGIN = 14, FOOT = 24, MOST_ZOOM = 40, TAP = 7, SPECK = 5; // FOOT: room for the scale bar
  const opened = new Map(); // which parts of a place's values a reader has opened or shut
  let map, layer, values, view, chosen = null, size = { width: 0, height: 0, ratio: 1 };

  // Strokes of a mark in a square of eight: over white, so that any colour below shows them.
  const STROKES = { crossed: "M-1 -1L9 9M9 -1L-1 9", lined: "M-1 4.5H9" };

  // --- Data -----------------------------------------------------------------------------------

  function prepare(one) {
    if (one.ready) return;
    const { shape } = one;
    one.byKey = new Map(one.layers.map((each) => [each.key, each]));
    if (shape.type === "grid") {
      one.centres = shape.column.map((column, i) => [column + 0.5, shape.row[i] + 0.5]);
      one.placed = new Map(shape.column.map((column, i) => [shape.row[i] * shape.width + column, i]));
    } else {
      one.boxes = shape.rings.map(boxOf);
      one.centres = one.boxes.map(([west, north, east, south]) => [(west + east) / 2, (north + south) / 2]);
      one.paths = shape.rings.map(pathOf);
    }
    const sides = one.boxes ? one.boxes.map(([west, north, east, south]) => Math.max(east - west, south - north)) : [1];
    one.side = sides.reduce((sum, side) => sum + side, 0) / sides.length; // of a place, in the mean
    one.sparse = one.ids.length * one.side ** 2 < 0.01 * shape.width * shape.height;
    one.ready = true;
  }

  function boxOf(rings) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const ring of rings) {
      for (let i = 0; i < ring.length; i += 2) {
        box[0] = Math.min(box[0], ring[i]); box[2] = Math.max(box[2], ring[i]);
        box[1] = Math.min(box[1], ring[i + 1]); box[3] = Math.max(box[3], ring[i + 1]);
      }
    }
    return box;
  }

  function pathOf(rings) {
    const path = new Path2D();
    for (const ring of rings) {
      path.moveTo(ring[0], ring[1]);
      for (let i = 2; i < ring.length; i += 2) path.lineTo(ring[i], ring[i + 1]);
      path.closePath();
    }
    return path;
  }

  // Values of all places: a layer may hold those of some places only.
  function spread(one) {
    if (!one.at) return one.values;
    if (!one.all) {
      one.all = new Array(map.ids.length).fill(null);
      map.at[one.at].forEach((place, i) => { one.all[place] = one.values[i]; });
    }
    return one.all;
  }

  function classOf(one, value) {
    if (value === null || value === undefined) return -1;
    if (one.codes.length) return one.codes.indexOf(value);
    let place = 0;
    while (place < one.breaks.length && value >= one.breaks[place]) place += 1;
    return place;
  }

  function told(one, value) {
    if (value === null || value === undefined) return "–";
    const text = Math.abs(value).toLocaleString("en-US", {
      minimumFractionDigits: one.decimals, maximumFractionDigits: one.decimals,
    });
    const zero = !/[1-9]/.test(text);
    const sign = value < 0 && !zero ? "−" : one.signed && !zero ? "+" : "";
    return sign + text;
  }

  // --- Drawing --------------------------------------------------------------------------------

  function measure() {
    const width = canvas.parentElement.clientWidth, { shape } = map;
    const wanted = (width * shape.height) / shape.width + FOOT;
    const height = Math.round(Math.max(260, Math.min(wanted, 0.72 * window.innerHeight, 640)));
    size = { width, height, ratio: window.devicePixelRatio || 1 };
    canvas.width = Math.round(width * size.ratio);
    canvas.height = Math.round(height * size.ratio);
    canvas.style.height = `${height}px`;
  }

  function fit() {
    const { shape } = map;
    const scale = Math.min(
      (size.width - 2 * MARGIN) / shape.width, (size.height - 2 * MARGIN - FOOT) / shape.height);
    view = {
      least: scale, scale,
      x: (size.width - scale * shape.width) / 2,
      y: (size.height - FOOT - scale * shape.height) / 2,
    };
    setTouch();
  }

  // While the whole map is shown a finger scrolls the page; once zoomed in it moves the map.
  function setTouch() {
    canvas.style.touchAction = view.scale > view.least * 1.01 ? "none" : "pan-x pan-y";
  }

  let waiting = false;
  function draw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; paint(); });
  }

  function paint() {
    const { ratio } = size;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = PAPER;
    pen.fillRect(0, 0, size.width, size.height);
    if (areSpecks()) paintSquares(SPECK);
    else if (map.shape.type === "grid") paintSquares(view.scale);
    else paintBorders();
    paintScale();
  }

  // Places far apart cannot be seen on the whole map: each is a square until one comes nearer.
  function areSpecks() {
    return map.sparse && map.side * view.scale < SPECK;
  }

  function paintSquares(side) {
    const gap = side > 6 ? 0.5 : 0;
    const corner = (place) => [view.x, view.y].map((from, i) => from + map.centres[place][i] * view.scale - side / 2);
    map.centres.forEach((_, i) => {
      pen.fillStyle = colourOf(i);
      pen.fillRect(...corner(i), side - gap, side - gap);
    });
    if (chosen === null) return;
    const [left, top] = corner(chosen);
    for (const [style, width] of [[PAPER, 5], [INK, 2.5]]) {
      pen.strokeStyle = style; pen.lineWidth = width;
      pen.strokeRect(left - 0.5, top - 0.5, side, side);
    }
  }

  function paintBorders() {
    const { scale, x, y } = view, { ratio } = size;
    pen.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * x, ratio * y);
    pen.lineJoin = "round";
    // Borders of thousands of districts would hide their colours, until one comes nearer.
    const border = map.ids.length > 500 ? Math.min(0.6, (0.15 * scale) / view.least) : 0.6;
    map.paths.forEach((path, i) => {
      pen.fillStyle = colourOf(i);
      pen.fill(path, "evenodd");
      pen.strokeStyle = "rgba(255, 255, 255, 0.55)"; pen.lineWidth = border / scale;
      pen.stroke(path);
    });
    marksOf(layer).forEach(paintMark);
    if (chosen !== null) {
      for (const [style, width] of [[PAPER, 5], [INK, 2.5]]) {
        pen.strokeStyle = style; pen.lineWidth = width / scale;
        pen.stroke(map.paths[chosen]);
      }
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  // Places that are not to be trusted on a layer, by pattern.
  function marksOf(one) {
    return map.marks.filter((mark) => mark.layers.includes(one.key));
  }

  // Lines stay as far apart on the screen, however far one has zoomed in.
  function paintMark(mark) {
    const tile = document.createElement("canvas"), { ratio } = size;
    tile.width = tile.height = Math.round(8 * ratio);
    const brush = tile.getContext("2d"), stroke = new Path2D(STROKES[mark.pattern]);
    brush.scale(tile.width / 8, tile.width / 8);
    for (const [style, width] of [[PAPER, 2.6], [INK, 1.1]]) {
      brush.strokeStyle = style; brush.lineWidth = width;
      brush.stroke(stroke);
    }
    const pattern = pen.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix().scale(1 / (ratio * view.scale)));
    pen.fillStyle = pattern;
    for (const place of mark.places) pen.fill(map.paths[place], "evenodd");
  }

  function colourOf(place) {
    const number = classOf(layer, values[place]);
    return number < 0 ? MISSING : layer.colours[number];
  }

  function paintScale() {
    const metre = view.scale / map.shape.metres, most = size.width * 0.25 / metre;
    const power = 10 ** Math.floor(Math.log10(most));
    const metres = [5, 2, 1].map((step) => step * power).find((length) => length <= most);
    const long = metres * metre, left = 10, low = size.height - 10;
    const text = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
    pen.fillStyle = "rgba(255, 255, 255, 0.85)";
    pen.fillRect(left - 6, low - 22, Math.max(long, 34) + 12, 28);
    pen.fillStyle = INK; pen.font = "11px system-ui, sans-serif";
    pen.fillText(text, left, low - 8);
    pen.fillRect(left, low - 3, long, 2);
  }

  // --- Choosing a place -----------------------------------------------------------------------

  function placeAt(left, top) {
    const across = (left - view.x) / view.scale, down = (top - view.y) / view.scale;
    if (areSpecks()) return nearest(across, down, SPECK / view.scale);
    if (map.shape.type === "grid") {
      const { width } = map.shape, column = Math.floor(across);
      if (column < 0 || column >= width) return null;
      return map.placed.get(Math.floor(down) * width + column) ?? null;
    }
    pen.setTransform(1, 0, 0, 1, 0, 0);
    const found = map.boxes.findIndex(([west, north, east, south], i) =>
      across >= west && across <= east && down >= north && down <= south &&
      pen.isPointInPath(map.paths[i], across, down, "evenodd"));
    return found < 0 ? null : found;
  }

  function nearest(across, down, reach) {
    let best = null, least = reach;
    map.centres.forEach(([x, y], i) => {
      const far = Math.max(Math.abs(x - across), Math.abs(y - down));
      if (far <= least) { least = far; best = i; }
    });
    return best;
  }

  function choose(place, show) {
    chosen = place;
    if (place !== null && show) bringIntoView(place);
    tellPlace();
    draw();
  }

  function bringIntoView(place) {
    const [across, down] = map.centres[place];
    const left = view.x + across * view.scale, top = view.y + down * view.scale;
    if (left < 20 || left > size.width - 20) view.x += size.width / 2 - left;
    if (top < 20 || top > size.height - 20) view.y += size.height / 2 - top;
  }

  // The nearest place within a quarter circle of the direction, nearer to its middle preferred.
  function step(right, below) {
    if (chosen === null) { choose(middle(), true); return; }
    const [across, down] = map.centres[chosen];
    let best = null, least = Infinity;
    map.centres.forEach(([x, y], i) => {
      const along = (x - across) * right + (y - down) * below;
      const aside = Math.abs((x - across) * below) + Math.abs((y - down) * right);
      if (along <= 1e-9 || aside > along) return;
      const far = along + 2 * aside;
      if (far < least) { least = far; best = i; }
    });
    if (best !== null) choose(best, true);
  }

  function middle() {
    const { width, height } = map.shape;
    const far = ([x, y]) => (x - width / 2) ** 2 + (y - height / 2) ** 2;
    return map.centres.reduce((best, at, i) => (far(at) < far(map.centres[best]) ? i : best), 0);
  }

  // --- Telling --------------------------------------------------------------------------------

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function tellPlace() {
    const box = part("place");
    box.replaceChildren();
    if (chosen === null) {
      box.append(element("p", `Choose a ${map.one} on the map, or type its name, to see its values.`, "quiet"));
      return;
    }
    const name = map.ids[chosen], area = map.areas && map.areas[chosen];
    box.append(element("h4", map.one === "cell" ? "Cell" : "District"));
    box.append(element("p", area ? `${name}, ${area}` : name, "place-name"));
    const warned = map.marks.flatMap(({ places, told: words }) => {
      const at = places.indexOf(chosen);
      return at < 0 ? [] : [element("li", words[at])];
    });
    if (warned.length) {
      const list = element("ul", undefined, "warned");
      list.setAttribute("aria-label", "Not to be relied on here");
      list.append(...warned);
      box.append(list);
    }
    map.details.forEach((detail, i) => {
      const fold = element("details");
      fold.open = opened.get(detail.title) ?? i < 3;
      fold.append(element("summary", detail.title));
      fold.addEventListener("toggle", () => opened.set(detail.title, fold.open));
      fold.append(TELL[detail.kind](detail));
      if (detail.note) fold.append(element("p", detail.note, "quiet"));
      box.append(fold);
    });
  }

  function valueOf(key) {
    const one = map.byKey.get(key);
    return one ? [one, spread(one)[chosen]] : [null, null];
  }

  function row(...cells) {
    const made = element("tr");
    cells.forEach((cell, i) => {
      const at = element(i ? "td" : "th");
      if (!i) at.scope = "row";
      at.append(cell);
      made.append(at);
    });
    return made;
  }

  const TELL = {
    list(detail) {
      const table = element("table", undefined, "values");
      for (const key of detail.layers) {
        const [one, value] = valueOf(key);
        if (!one) continue;
        const text = told(one, value), unit = one.unit && text !== "–" ? ` ${one.unit}` : "";
        const legend = one.codes.length && value !== null && !one.signed ? one.legend[classOf(one, value)] : null;
        table.append(row(one.label, legend || text + unit));
      }
      return table;
    },
    table(detail) {
      const table = element("table", undefined, "values"), head = element("tr");
      ["Class", ...detail.columns].forEach((text) => { const th = element("th", text); th.scope = "col"; head.append(th); });
      const top = element("thead"); top.append(head); table.append(top);
      const rows = detail.rows
        .map(({ label, cells }) => ({ label, cells: cells.map(valueOf) }))
        .filter(({ cells }) => cells.some(([, value]) => value !== null && value !== undefined))
        .sort((a, b) => (b.cells[0][1] || 0) - (a.cells[0][1] || 0));
      for (const { label, cells } of rows) {
        table.append(row(label, ...cells.map(([one, value]) => (one ? told(one, value) : "–"))));
      }
      return rows.length ? table : element("p", "No map of this cell: it was dropped, or all of its land is left out.", "quiet");
    },
    bars(detail) {
      const table = element("table", undefined, "values bars");
      const rows = detail.layers
        .map(([key, variable]) => [valueOf(key), valueOf(`variable/${variable}`)])
        .filter(([[, value]]) => value !== null && value !== undefined)
        .sort((a, b) => Math.abs(b[0][1]) - Math.abs(a[0][1]));
      const most = Math.max(...rows.map(([[, value]]) => Math.abs(value)), 1e-9);
      for (const [[one, value], [variable, own]] of rows) {
        const bar = element("span", undefined, "bar"), fill = element("i", undefined, value < 0 ? "less" : "more");
        fill.style.width = `${(50 * Math.abs(value)) / most}%`;
        bar.append(fill);
        const label = element("span", one.label);
        if (variable) label.append(element("small", ` ${told(variable, own)}\u00a0${variable.unit}`));
        table.append(row(label, bar, told(one, value)));
      }
      return rows.length ? table : element("p", "No income is known here, so that nothing is explained.", "quiet");
    },
  };

  function tellLegend() {
    const box = part("legend"), counts = new Array(layer.colours.length + 1).fill(0);
    values.forEach((value) => { counts[classOf(layer, value) + 1] += 1; });
    box.replaceChildren();
    const fields = layer.legend.map((text, i) => [layer.colours[i], text, counts[i + 1]]);
    if (counts[0]) fields.push([MISSING, "no value", counts[0]]);
    for (const [colour, text, count] of fields) {
      const line = element("li"), swatch = element("span", undefined, "swatch");
      swatch.style.background = colour;
      line.append(swatch, element("span", text), element("small", count.toLocaleString("en-US")));
      box.append(line);
    }
    for (const { pattern, label, places } of marksOf(layer)) {
      const line = element("li");
      line.append(element("span", undefined, `swatch ${pattern}`), element("span", label),
        element("small", places.length.toLocaleString("en-US")));
      box.append(line);
    }
    part("legend-title").textContent =
      `${layer.group}: ${layer.label}${layer.unit ? `, ${layer.unit}` : ""}`;
    const marked = marksOf(layer).map(({ label, pattern, places }) => ` ${places.length} ${pattern}: ${label}.`).join("");
    canvas.setAttribute("aria-label",
      `Map of ${map.title}. ${layer.group}: ${layer.label}.${marked} Arrow keys choose a ${map.one}, plus and minus zoom.`);
  }

  // --- Controls -------------------------------------------------------------------------------

  function showMap(number) {
    map = maps[number];
    prepare(map);
    chosen = null;
    layerChoice.replaceChildren();
    let group = null;
    map.layers.forEach((one, i) => {
      if (!one.chosen) return;
      if (!group || group.label !== one.group) {
        group = element("optgroup"); group.label = one.group; layerChoice.append(group);
      }
      const option = element("option", one.label); option.value = i; group.append(option);
    });
    part("about").textContent = map.about;
    part("find").value = "";
    measure();
    fit();
    showLayer(Number(layerChoice.value));
    tellPlace();
  }

  function showLayer(number) {
    layer = map.layers[number];
    values = spread(layer);
    tellLegend();
    draw();
  }

  function zoom(factor, left = size.width / 2, top = size.height / 2) {
    const scale = Math.max(view.least, Math.min(view.scale * factor, view.least * MOST_ZOOM));
    const by = scale / view.scale;
    if (scale === view.least) { fit(); } else {
      view.x = left - (left - view.x) * by; view.y = top - (top - view.y) * by; view.scale = scale;
    }
    setTouch();
    draw();
  }

  function find(text) {
    const wanted = text.trim().toLowerCase(), note = part("found");
    if (!wanted) { note.textContent = ""; return; }
    const places = map.ids.flatMap((id, i) => (id.toLowerCase().includes(wanted) ? [i] : []));
    const exact = map.ids.findIndex((id) => id.toLowerCase() === wanted);
    note.textContent = places.length === 1 || exact >= 0 ? "Found."
      : places.length ? `${places.length} fit; this is the first.` : `No ${map.one} has this name.`;
    if (places.length) choose(exact >= 0 ? exact : places[0], true);
  }

  const fingers = new Map();
  let moved = 0, apart = 0;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  canvas.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, at(event));
    if (fingers.size === 1) moved = 0;
    apart = spreadOfFingers();
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = at(event);
    fingers.set(event.pointerId, now);
    moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (fingers.size === 2) {
      const [one, other] = [...fingers.values()], far = spreadOfFingers();
      if (apart > 0) zoom(far / apart, (one[0] + other[0]) / 2, (one[1] + other[1]) / 2);
      apart = far;
      moved = TAP + 1;
    } else if (view.scale > view.least * 1.01) {
      view.x += now[0] - before[0]; view.y += now[1] - before[1];
      draw();
    }
  });
  const lift = (event) => {
    const last = fingers.get(event.pointerId);
    fingers.delete(event.pointerId);
    apart = spreadOfFingers();
    if (event.type === "pointerup" && last && moved < TAP) {
      const place = placeAt(...last);
      choose(place, false);
    }
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);

  function spreadOfFingers() {
    if (fingers.size !== 2) return 0;
    const [one, other] = [...fingers.values()];
    return Math.hypot(one[0] - other[0], one[1] - other[1]);
  }

  // With the control key held, as a touchpad's pinch has it; a plain wheel scrolls the page.
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 200), ...at(event));
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => zoom(2, ...at(event)));
  canvas.addEventListener("keydown", (event) => {
    const KEYS = {
      ArrowLeft: () => step(-1, 0), ArrowRight: () => step(1, 0),
      ArrowUp: () => step(0, -1), ArrowDown: () => step(0, 1),
      "+": () => zoom(1.6), "=": () => zoom(1.6), "-": () => zoom(1 / 1.6),
      0: () => { fit(); draw(); }, Escape: () => choose(null, false),
    };
    if (!KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  part("in").addEventListener("click", () => zoom(1.6));
  part("out").addEventListener("click", () => zoom(1 / 1.6));
  part("whole").addEventListener("click", () => { fit(); draw(); });
  mapChoice.addEventListener("change", () => showMap(Number(mapChoice.value)));
  layerChoice.addEventListener("change", () => showLayer(Number(layerChoice.value)));
  part("find").addEventListener("change", (event) => find(event.target.value));
  let wide = 0;
  new ResizeObserver(() => {
    if (canvas.parentElement.clientWidth === wide) return;
    wide = canvas.parentElement.clientWidth;
    measure();
    fit();
    draw();
  }).observe(canvas.parentElement);

  maps.forEach((one, i) => { const option = element("option", one.title); option.value = i; mapChoice.append(option); });
  showMap(0);
})();
