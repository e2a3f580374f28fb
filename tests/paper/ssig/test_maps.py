"""Maps of the district paper show every district and every input, with or without a value."""

from incomelens.paper.ssig import figure_1, income_map


def test_income_map_tells_how_many_districts_have_income(districts):
    figure = income_map.exhibit(districts, level="tract", income="per_capita_income").figure
    title = figure.axes[0].get_title(loc="left")
    assert title == "Tract level, per-capita income: 19 of 20 districts"


def test_table_behind_the_map_marks_districts_without_income(districts):
    table = income_map.exhibit(districts, level="tract", income="per_capita_income").table
    assert table["class"].tolist()[-1] == 0
    assert set(table["class"].tolist()[:-1]) == set(range(1, 9))


def test_figure_1_shows_every_input_once(tmp_path, districts):
    exhibit = figure_1.exhibit(districts, level="tract")
    titles = [axes.get_title(loc="left") for axes in exhibit.figure.axes]
    titles = [title for title in titles if title]
    assert len(titles) == len(set(titles)) == 12
    assert exhibit.table.shape == (20, 13)
    exhibit.figure.write(tmp_path / "fig1.png")
    assert (tmp_path / "fig1.png").stat().st_size > 10_000
