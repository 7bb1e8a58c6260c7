"""How a model is made and trained: its size, the settings of a run, what they do to the loss."""

from vae.datasets import pictures
from vae.datasets.user_images import augmentation
from vae.jobs import worker
from vae.model import losses, networks
from vae.training.config import TrainingConfig
from vae.training.step import Step
from vae.training.trainer import Trainer
from vae.views.shared.terms.term import Lines, Term

TERMS = (
    Term(
        "latent dimensions",
        "How many numbers a picture’s code has: the width of the bottleneck between encoder and decoder.",
        "encoder(x) = {dimensions:d} means μ and {dimensions:d} values of ln σ²",
        (Lines(networks.Encoder.__init__, "widths = "), Lines(networks.Encoder.forward, "x = self.conv")),
        article="the number of",
    ),
    Term(
        "weights",
        "How many numbers training adjusts: the weights and biases in all layers of encoder and decoder.",
        "{weights:weights} = Σ over layers of (inputs · outputs + outputs)",
        (
            Lines(networks.Encoder.__init__, "self.convolutions"),
            Lines(networks.Decoder.__init__, "widths", "self.conv"),
        ),
        article="the number of",
    ),
    Term(
        "size of a picture",
        "How many numbers the decoder has to give: one for each pixel and colour, each with its part of the "
        "reconstruction error.",
        "{numbers:numbers} = {width:width} · {height:height} · {colours:colours}",
        (Lines(networks.Decoder.forward, "x = self.head"),),
        article="the",
    ),
    Term(
        "kept middle",
        "Which share of a picture’s square is cut out in its middle and fills the image: the smaller, the larger "
        "everything is drawn.",
        "side of what is cut out = {kept:kept} · side of the square",
        (Lines(pictures.decode_square, "side = crop", "return _scaled"),),
        article="the",
    ),
    Term(
        "augmentation",
        "Trains on versions of each picture, shifted, turned and scaled at random up to their limits; pictures for "
        "tests stay as they are.",
        "{images:images} = {versions:versions} · {pictures:training pictures}",
        (Lines(augmentation.augment, "source, placements", "images.append"),),
        article="the",
    ),
    Term(
        "epochs",
        "How often training goes through all its pictures, each time in a new random order.",
        "{steps:steps} = {epochs:epochs} · {pictures:training pictures} / {batch:batch size}",
        (Lines(Trainer._run_epoch, "order = ", "self.done += 1"),),
        article="the number of",
    ),
    Term(
        "batch size",
        "How many pictures a step of training takes: more give a steadier direction, fewer more steps in an epoch.",
        "loss of a step = mean of the loss over {batch:batch size} pictures",
        (Lines(Step.__call__, "index = ", "terms["),),
        article="the",
    ),
    Term(
        "time budget",
        "How long a run may take: it measures a few steps first and plans as many epochs as fit.",
        "{epochs:epochs} = 0.85 · {budget:seconds} / {each:seconds of an epoch}",
        (Lines(worker.parse_request, "epochs = ", "config = replace"),),
        article="the",
    ),
    Term(
        "schedule",
        "How the learning rate changes in a run: cosine lets it rise in the first tenth and then fall to 0, constant "
        "leaves it.",
        "rate at p = {rate:rate} · min(p / 0.1, ½ + ½ cos(π (p − 0.1) / 0.9)), p: progress from 0 to 1",
        (Lines(TrainingConfig.scheduled_at, "rise = ", "rate = "),),
        article="the",
    ),
    Term(
        "warm-up",
        "Lets a run begin with no KL in the loss: its weight grows to β, so that dimensions are used before they cost.",
        "weight of the KL at p = {beta:β} · min(1, p / {share:share of the run}), p: progress from 0 to 1",
        (Lines(losses.Objective.beta_at),),
        article="the",
    ),
    Term(
        "free bits",
        "How many nats of KL each dimension has for nothing: only more than that costs, so that none is switched off "
        "early.",
        "loss = {reconstruction:−log p(x|z)} + Σ over dimensions of max({free:free bits}, {kl:KL})",
        (Lines(losses.objective_terms, "per_dimension =", 'return {"loss": nll + per_dimension'),),
    ),
    Term(
        "samples of z",
        "How many codes are drawn for a picture in a step: with more, the bound that IWAE makes small comes nearer to "
        "−log p(x).",
        "loss = −log mean over {samples:K} samples of p(x|z) p(z) / q(z|x)",
        (Lines(losses.importance_weighted_bound, "zero = "),),
        article="the number of",
    ),
    Term(
        "seed",
        "Where all random numbers of a run begin: first weights, order of the pictures, noise; the same seed gives the "
        "same run.",
        code=(Lines(Trainer.__init__, "self._orders =", "self._orders ="), Lines(Step.__init__, "self.generator =")),
        article="the",
    ),
    Term(
        "loss",
        "What training makes small: the reconstruction error and the KL times β, or what the chosen objective "
        "makes of them.",
        "{sum:loss} = {reconstruction:−log p(x|z)} + β · {kl:KL}",
        (
            Lines(losses.objective_terms, "nll = ", "terms = "),
            Lines(losses.objective_terms, 'return {"loss": nll + kl'),
        ),
        article="the",
    ),
    Term(
        "β",
        "How much a nat of KL weighs against a nat of reconstruction error: above 1 fewer dimensions are "
        "used, copies are duller.",
        "{sum:loss} = {reconstruction:−log p(x|z)} + {beta:β} · {kl:KL}",
        (Lines(losses.Objective.beta_at),),
    ),
    Term(
        "learning rate",
        "How far the weights move in a step of training: it rises at first and then falls to 0 along half a cosine.",
        "weights ← weights − {rate:rate} · direction of the optimiser",
        (Lines(TrainingConfig.scheduled_at),),
        article="the",
    ),
    Term(
        "capacity C",
        "The KL in nats that training aims at: it grows from 0, and the KL pays for being above or below it.",
        "loss = {reconstruction:−log p(x|z)} + γ |{kl:KL} − {capacity:C}|",
        (Lines(losses.Objective.capacity_at),),
        article="the",
    ),
    Term(
        "heat",
        "What the KL is multiplied by at first, so that the code learns what changes images most; it falls to 1.",
        "loss = {reconstruction:−log p(x|z)} + {heat:heat} · β · {kl:KL}",
        (Lines(losses.Objective.kl_multiplier_at),),
        article="the",
    ),
    Term(
        "σ of the decoder",
        "The standard deviation that the decoder’s Gaussian gives each pixel: the smaller, the more a wrong "
        "pixel costs.",
        "−log p(x|z) = Σ over pixels of ½ (x − mean)² / {sigma:σ}² + ln {sigma:σ} + ½ ln 2π",
        (Lines(losses.optimal_log_sigma), Lines(losses.log_normal)),
        article="the",
    ),
)
