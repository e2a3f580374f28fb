# The study `validation`: what a claim about the maps rests on. Rules by stage; see
# config/validation.yaml for what is trained, and paper_validation.smk for what is shown of it.


include: "validation_paths.smk"
include: "inference_validation.smk"
include: "attribution_validation.smk"
include: "topology_validation.smk"
