"""Codes, the distributions that they are drawn from, and how samples are made of them."""

from vae.evaluation import aggregate, metrics
from vae.evaluation.pictures import classifier, quality
from vae.model import latents, networks, samplers
from vae.model.flow import SecondStage
from vae.views.shared.terms.term import Lines, Script, Term

TERMS = (
    Term(
        "z",
        "The code of a picture: the few numbers, one for each latent dimension, from which the decoder makes it.",
        "{z:z} = {mean:μ} + {sigma:σ} ε, with ε drawn from N(0, I)",
        (Lines(networks.reparameterize), Lines(networks.VAE.decode)),
    ),
    Term(
        "q(z|x)",
        "The codes that the encoder gives to a picture x: a Gaussian with its own mean μ and deviation σ in "
        "each dimension.",
        "q(z|x) = N({mean:μ(x)}, {sigma:σ(x)}²)",
        (Lines(networks.Encoder.forward), Lines(networks.reparameterize)),
    ),
    Term(
        "μ",
        "The mean of q(z|x), or a plain autoencoder’s code: where the encoder puts a picture, one number for "
        "each dimension.",
        "({mean:μ(x)}, ln σ(x)²) = encoder(x)",
        (Lines(networks.Encoder.forward),),
    ),
    Term(
        "σ",
        "The standard deviation of q(z|x): how far codes of the same picture spread; the prior’s is 1.",
        "{sigma:σ} = exp(½ ln σ²)",
        (Lines(networks.Encoder.forward), Lines(networks.reparameterize)),
    ),
    Term(
        "spread of μ",
        "How far the codes of the test images lie apart in this dimension: their standard deviation, for a "
        "model without KL.",
        "{spread:spread} = √(mean over x of (μ(x) − mean μ)²)",
        (Lines(metrics.active_units),),
        article="the",
    ),
    Term(
        "active dimensions",
        "How many latent dimensions vary with the picture: those whose mean μ has a variance above 0.01 over "
        "the test images.",
        "{active:active} = number of dimensions with Var over x of μ(x) > 0.01",
        (Lines(metrics.active_units),),
        article="the number of",
    ),
    Term(
        "|z|",
        "How far a code lies from the origin; codes drawn from the prior in many dimensions lie near √(number "
        "of dimensions).",
        "{norm:|z|} = √(Σ over dimensions of z²) ≈ √{dimensions:d}",
        (Script("lib/math.js", "norm"),),
    ),
    Term(
        "prior",
        "Where codes should lie before any picture is seen: the standard normal N(0, I), with mean 0 and "
        "deviation 1 in each dimension.",
        "p(z) = N(0, I)",
        (Lines(samplers.standard_normal), Lines(latents.sample)),
        article="the",
    ),
    Term(
        "aggregate posterior",
        "Where the codes of all pictures together really lie: the mixture of their q(z|x), which matches the "
        "prior only more or less.",
        "q(z) = mean over x of q(z|x)",
        (Lines(samplers.sample_aggregate_posterior), Lines(aggregate.lower_bound)),
        article="the",
    ),
    Term(
        "second-stage prior",
        "A distribution fitted to the codes, to sample from instead of the prior: here a mixture of Gaussians "
        "and a normalising flow, which moves its samples nearer to the codes.",
        code=(Lines(SecondStage.sample), Lines(SecondStage.log_density)),
        article="the",
    ),
    Term(
        "KL of q(z)’s mean and covariance",
        "How far the codes’ cloud as a whole is from the prior: the KL of a Gaussian with its mean m and covariance C.",
        "{kl:KL} = ½ (tr C + |m|² − d − ln det C)",
        (Script("map/inverse.js", "priorMismatch"),),
        article="the",
    ),
    Term(
        "gap of a source",
        "How many nats a model’s −ELBO would pay for this source as its prior: KL(q(z) ‖ source), between two bounds.",
        "{gap:KL(q(z) ‖ source)} = KL(q(z) ‖ p(z)) − mean over z of ln source(z) / p(z)",
        (Lines(aggregate.gaps, "best, upper", "return found"),),
        article="the",
    ),
    Term(
        "Temperature",
        "How far samples spread: their random deviations are multiplied by it, so that 0 leaves only the means.",
        "z = mean + {temperature:temperature} · deviation",
        (Lines(samplers.Mixture.from_noise, "z = self", "return"),),
    ),
    Term(
        "Truncation",
        "Random deviations beyond this limit are not drawn: samples become more typical and less varied.",
        "|ε| ≤ {truncation:limit}",
        (Script("sampling/sources.js", "truncatedNormal"),),
    ),
    Term(
        "Hold",
        "Gives one latent dimension the same value in all pictures: what still differs between them is due to "
        "the others.",
    ),
    Term(
        "accuracy of the classifier",
        "The share of test images whose class the small network that counts the samples names rightly.",
        "{accuracy:accuracy} = right answers / test images",
        (Lines(classifier.classify), Lines(classifier.accuracy)),
        article="the",
    ),
    Term(
        "precision",
        "The share of samples that look like real pictures: they lie among them in a classifier’s features.",
        "{precision:precision} = share of samples within a real picture’s distance to its 3rd nearest",
        (Lines(quality.precision_recall, "a, b = "), Lines(quality._covered)),
    ),
    Term(
        "recall",
        "The share of real pictures that the samples reach: they lie among the samples in a classifier’s features.",
        "{recall:recall} = share of real pictures within a sample’s distance to its 3rd nearest",
        (Lines(quality.precision_recall, "a, b = "), Lines(quality._covered)),
    ),
    Term(
        "Fréchet distance",
        "How far the samples’ features are from those of real pictures, by mean and covariance; smaller is "
        "better. The FID has the same formula and other features.",
        "{frechet:d²} = |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½)",
        (Lines(quality.frechet_distance, "first, second"),),
        article="the",
    ),
)
