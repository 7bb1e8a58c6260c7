"""The parts of a picture's −ELBO, in nats, and what they are compared with."""

from vae.evaluation import anomaly, gaps, metrics
from vae.evaluation.pictures import complexity
from vae.model import losses
from vae.model.latents import EncodedSet
from vae.model.networks import ModelConfig
from vae.views.shared.terms.term import Lines, Term

_GAUSSIAN = (Lines(losses.gaussian_nll), Lines(losses.log_normal))
# What computes -log p(x|z) under each likelihood, outermost first.
RECONSTRUCTION = {
    "bernoulli": (Lines(losses.bernoulli_nll),),
    "continuous-bernoulli": (
        Lines(losses.continuous_bernoulli_nll),
        Lines(losses.bernoulli_nll),
        Lines(losses.continuous_bernoulli_log_c),
    ),
    "gaussian": _GAUSSIAN,
    "gaussian-learned": _GAUSSIAN,
    "gaussian-optimal": _GAUSSIAN,
    "discretised-logistic": (Lines(losses.discretised_logistic_nll),),
}
KL = (Lines(losses.kl_divergence),)

TERMS = (
    Term(
        "reconstruction error",
        "What the decoder pays for the pixels of a picture x when it gets z: −log of the probability that it "
        "gives them.",
        "{reconstruction:−log p(x|z)} = −Σ over pixels of log p(pixel|z)",
        article="the",
        by_likelihood=RECONSTRUCTION,
    ),
    Term(
        "KL",
        "Kullback–Leibler divergence: by how many nats one distribution differs from another, here from the "
        "prior; 0 only if both are equal.",
        "{kl:KL(q(z|x) ‖ N(0, I))} = Σ over dimensions of ½ ({mean:μ}² + {sigma:σ}² − 1 − ln {sigma:σ}²)",
        KL,
    ),
    Term(
        "−ELBO",
        "Reconstruction error plus KL, which a VAE is trained to make small; on average over z an upper bound "
        "on −log p(x).",
        "{sum:−ELBO(x)} = {reconstruction:−log p(x|z)} + {kl:KL(q(z|x) ‖ N(0, I))}",
        (Lines(metrics.evaluate, "kl = float", "per_dimension"), Lines(metrics.evaluate, "return Evaluation(recon")),
    ),
    Term(
        "KL of a dimension",
        "How many nats a picture’s code carries in one latent dimension; where their mean over the test images is near "
        "0, the model does not use it.",
        "{kl:KL} = {pictures:mean over pictures of} ½ ({mean:μ}² + {sigma:σ}² − 1 − ln {sigma:σ}²)",
        (Lines(EncodedSet.kl_per_dimension), *KL),
        article="the",
    ),
    Term(
        "NLL",
        "What a picture costs under the model itself, −log p(x): estimated by importance sampling, which is "
        "on average too high.",
        "{nll:−log p(x)} ≤ −log mean over z of p(x|z) p(z) / q(z)",
        (Lines(gaps.Target.log_weights), Lines(gaps.parts_in_steps, "nll = ", "nll = ")),
        article="the",
    ),
    Term(
        "amortisation gap",
        "What the encoder loses on one picture: the −ELBO of its q(z|x) minus that of the best Gaussian for "
        "this picture.",
        "{amortisation:amortisation gap} = {sum:−ELBO of the encoder’s q} − {best:−ELBO of the best q}",
        (Lines(gaps.Parts.amortisation),),
        article="the",
    ),
    Term(
        "approximation gap",
        "What the best Gaussian q loses on one picture: its −ELBO minus −log p(x), because the true posterior "
        "p(z|x) is no such Gaussian.",
        "{approximation:approximation gap} = {best:−ELBO of the best q} − {nll:−log p(x)}",
        (Lines(gaps.Parts.approximation),),
        article="the",
    ),
    Term(
        "cost of the class",
        "A conditional model gets a picture’s class for nothing; beside other models it owes the nats that "
        "name one of the classes.",
        "{sum:−ELBO with the class} = {given:−ELBO given the class} + ln {classes:number of classes}",
        (Lines(ModelConfig.label_nats),),
        article="the",
    ),
    Term(
        "anomaly score",
        "How many nats a picture costs the model: its −ELBO; what the model has never learnt costs more, if "
        "it is not simple.",
        "{sum:score} = {reconstruction:−log p(x|z)} + {kl:KL}",
        (Lines(anomaly.anomaly_scores, "encoded = "),),
        article="the",
    ),
    Term(
        "complexity",
        "How many nats a picture takes when it is compressed alone, as GIF and TIFF do: a simple picture is "
        "short whatever it shows.",
        "{corrected:corrected score} = {sum:−ELBO} − {length:compressed length}",
        (Lines(anomaly.corrected_scores, "likelihood = "), Lines(complexity.complexity, "rows = ")),
    ),
    Term(
        "AUROC",
        "The probability that a picture of another kind has a higher anomaly score than a test image: 0.5 is "
        "chance, 1 is perfect.",
        "{auroc:AUROC} = P(score of another picture > score of a test image)",
        (Lines(anomaly.auroc),),
        article="the",
    ),
    Term(
        "error of a collapsed model",
        "What a model pays that draws the mean picture whatever it is shown: no model that uses z needs to be worse.",
        "{least:error} = −Σ over pixels of (m ln m + (1 − m) ln(1 − m)), m: the mean picture",
        (Lines(metrics.collapsed_reconstruction, "mean = "), Lines(losses.grey_entropy)),
        article="the",
    ),
    Term(
        "least possible error",
        "What any model must pay for a picture’s grey pixels under a Bernoulli likelihood: their entropy; "
        "only what is above it is the model’s fault.",
        "{least:least} = −Σ over pixels of (x ln x + (1 − x) ln(1 − x))",
        (Lines(losses.grey_entropy),),
        article="the",
    ),
)
