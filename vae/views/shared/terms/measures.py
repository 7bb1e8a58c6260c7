"""What is measured of maps, of paths and of models side by side."""

from vae.evaluation import disentanglement, metrics
from vae.model import losses
from vae.model.geometry import geodesic, metric
from vae.projection import methods
from vae.views.shared import comparison
from vae.views.shared.terms.term import Lines, Script, Term

TERMS = (
    Term(
        "trustworthiness",
        "Whether neighbours on the map are neighbours in latent space, too: 1 if so, less the farther apart "
        "they really are.",
        "{trustworthiness:trustworthiness} = 1 − scaled sum of false neighbours’ ranks beyond k",
        (Lines(methods.quality, "false, missing", "scale"), Lines(methods._compared)),
    ),
    Term(
        "continuity",
        "Whether neighbours in latent space are neighbours on the map, too: 1 if so, less the farther apart "
        "they are drawn.",
        "{continuity:continuity} = 1 − scaled sum of missing neighbours’ ranks beyond k",
        (Lines(methods.quality, "false, missing", "scale"), Lines(methods._compared)),
    ),
    Term(
        "neighbours kept",
        "Of a code’s nearest neighbours in latent space, the share that are its nearest neighbours on the map.",
        "{kept:kept} = true neighbours among the {neighbours:k} nearest on the map / {neighbours:k}",
        (Lines(methods._compared), Lines(methods.quality, "neighbours_kept=", "neighbours_kept=")),
        article="the share of",
    ),
    Term(
        "share of variance",
        "How much of the codes’ spread the principal components that are shown hold: their variance over that of all "
        "dimensions.",
        "{share:share} = variance along the components shown / variance in all dimensions",
        (Lines(methods.fit_pca),),
        article="the",
    ),
    Term(
        "distance to typical",
        "How far the z that the map finds for a place is off, as a share of the typical distance between codes.",
        "{off:off by} = error of z where near codes are left out and found again / typical distance of codes",
        code=(Script("map/inverse.js", "trustAt"),),
        article="the",
    ),
    Term(
        "mean |Δ|",
        "How far two pictures lie apart: the mean absolute difference of their pixels, as a share of the full range.",
        "{delta:mean |Δ|} = mean over pixels of |x₁ − x₂| / 255",
        (Script("reconstruction/remarks.js", "meanDifference"),),
    ),
    Term(
        "distance of codes",
        "How far two codes lie apart in latent space: the Euclidean distance, which weighs every dimension alike.",
        "{distance:distance} = √(Σ over dimensions of (z − z′)²)",
        (Script("lib/math.js", "nearest"),),
        article="the",
    ),
    Term(
        "time to the picture",
        "How long it takes from your input until the new picture is drawn, the median of the last ones, and how many "
        "come in a second.",
        "{ms:time} = moment of drawing − moment of input",
        (Script("lib/live-client.js", "read"),),
        article="the",
    ),
    Term(
        "change of the picture",
        "How far two pictures lie apart: the root mean square of their pixels’ differences, in grey levels of 255 "
        "or as a share of them.",
        "{change:change} = √(mean over pixels of (x₁ − x₂)²)",
        (Lines(geodesic.path_length, "pictures = "),),
        article="the",
    ),
    Term(
        "length of a path",
        "How much the picture changes on the way: the sum of the changes from each picture along the path to the next.",
        "{length:length} = Σ over steps of 255 √(mean over pixels of (x₂ − x₁)²)",
        (Lines(geodesic.path_length),),
        article="the",
    ),
    Term(
        "change per unit of z",
        "How much the picture changes where z moves by 1: the decoder’s slope, as the map’s shading shows it.",
        "{change:change} = (det Jᵀ J)^¼, J: the picture’s derivative along the map",
        (Lines(metric.pullback_metric), Lines(metric.change_per_step)),
        article="the",
    ),
    Term(
        "rate",
        "How many nats the code of a picture carries: the mean KL(q(z|x) ‖ p(z)) of the test images.",
        "{kl:rate} = mean over x of KL(q(z|x) ‖ N(0, I))",
        (Lines(metrics.evaluate, "kl = float", "kl = float"), Lines(losses.kl_divergence)),
        article="the",
    ),
    Term(
        "distortion",
        "How many nats the copies miss: the mean reconstruction error −log p(x|z) of the test images.",
        "{sum:−ELBO} = {reconstruction:distortion} + {kl:rate}",
        (Lines(metrics.evaluate, "reconstruction, active", "reconstruction, active"),),
        article="the",
    ),
    Term(
        "information",
        "How many nats one latent dimension tells about which picture it is: its KL less what its codes’ "
        "distribution costs.",
        "I(z; x) = {kl:KL} − KL of the aggregate posterior",
        (Lines(metrics.dimension_use, "marginal =", "information ="),),
        article="the",
    ),
    Term(
        "MIG",
        "Mutual information gap: how much more one dimension knows of a property than any other does; 1 if "
        "one dimension alone knows it.",
        "{mig:MIG} = mean over properties of (I₁ − I₂) / H",
        (Lines(disentanglement.mutual_information_gap, "for name, value", "per_factor[name]"),),
        article="the",
    ),
    Term(
        "correlation",
        "How alike two dimensions order the test images: 1 alike, −1 mirrored, 0 not at all.",
        "{correlation:r} = mean over x of the product of both standardised μ(x)",
        (Lines(comparison._correlation), Lines(comparison._standardised)),
        article="the",
    ),
)
