/**
 * What the pages say of their words and numbers. Written by `make contract` from vae/views/shared/terms: change Python,
 * not this file.
 *
 * called: the name as it stands in a question, where that is another. In a formula {key:symbol} is a part
 * of its own: see vae/views/shared/terms/term.py.
 */

import { t } from "./words.js";

/** @typedef {keyof typeof TERMS} Term */
/** @typedef {{name: string, called?: string, sentence: string, formula?: string}} Explanation */

export const TERMS = {
  z: {
    name: "z",
    sentence: t(
      "The code of a picture: the few numbers, one for each latent dimension, from which the decoder makes it.",
    ),
    formula: t("{z:z} = {mean:μ} + {sigma:σ} ε, with ε drawn from N(0, I)"),
  },
  "q(z|x)": {
    name: "q(z|x)",
    sentence: t(
      "The codes that the encoder gives to a picture x: a Gaussian with its own mean μ and deviation σ in each dimension.",
    ),
    formula: "q(z|x) = N({mean:μ(x)}, {sigma:σ(x)}²)",
  },
  μ: {
    name: "μ",
    sentence: t(
      "The mean of q(z|x), or a plain autoencoder’s code: where the encoder puts a picture, one number for each dimension.",
    ),
    formula: t("({mean:μ(x)}, ln σ(x)²) = encoder(x)"),
  },
  σ: {
    name: "σ",
    sentence: t("The standard deviation of q(z|x): how far codes of the same picture spread; the prior’s is 1."),
    formula: "{sigma:σ} = exp(½ ln σ²)",
  },
  "spread of μ": {
    name: t("spread of μ"),
    called: t("the spread of μ"),
    sentence: t(
      "How far the codes of the test images lie apart in this dimension: their standard deviation, for a model without KL.",
    ),
    formula: t("{spread:spread} = √(mean over x of (μ(x) − mean μ)²)"),
  },
  "active dimensions": {
    name: t("active dimensions"),
    called: t("the number of active dimensions"),
    sentence: t(
      "How many latent dimensions vary with the picture: those whose mean μ has a variance above 0.01 over the test images.",
    ),
    formula: t("{active:active} = number of dimensions with Var over x of μ(x) > 0.01"),
  },
  "|z|": {
    name: "|z|",
    sentence: t(
      "How far a code lies from the origin; codes drawn from the prior in many dimensions lie near √(number of dimensions).",
    ),
    formula: t("{norm:|z|} = √(Σ over dimensions of z²) ≈ √{dimensions:d}"),
  },
  prior: {
    name: t("prior"),
    called: t("the prior"),
    sentence: t(
      "Where codes should lie before any picture is seen: the standard normal N(0, I), with mean 0 and deviation 1 in each dimension.",
    ),
    formula: "p(z) = N(0, I)",
  },
  "aggregate posterior": {
    name: t("aggregate posterior"),
    called: t("the aggregate posterior"),
    sentence: t(
      "Where the codes of all pictures together really lie: the mixture of their q(z|x), which matches the prior only more or less.",
    ),
    formula: t("q(z) = mean over x of q(z|x)"),
  },
  "second-stage prior": {
    name: t("second-stage prior"),
    called: t("the second-stage prior"),
    sentence: t(
      "A distribution fitted to the codes, to sample from instead of the prior: here a mixture of Gaussians and a normalising flow, which moves its samples nearer to the codes.",
    ),
  },
  "KL of q(z)’s mean and covariance": {
    name: t("KL of q(z)’s mean and covariance"),
    called: t("the KL of q(z)’s mean and covariance"),
    sentence: t(
      "How far the codes’ cloud as a whole is from the prior: the KL of a Gaussian with its mean m and covariance C.",
    ),
    formula: "{kl:KL} = ½ (tr C + |m|² − d − ln det C)",
  },
  "gap of a source": {
    name: t("gap of a source"),
    called: t("the gap of a source"),
    sentence: t(
      "How many nats a model’s −ELBO would pay for this source as its prior: KL(q(z) ‖ source), between two bounds.",
    ),
    formula: t("{gap:KL(q(z) ‖ source)} = KL(q(z) ‖ p(z)) − mean over z of ln source(z) / p(z)"),
  },
  Temperature: {
    name: t("Temperature"),
    sentence: t(
      "How far samples spread: their random deviations are multiplied by it, so that 0 leaves only the means.",
    ),
    formula: t("z = mean + {temperature:temperature} · deviation"),
  },
  Truncation: {
    name: t("Truncation"),
    sentence: t("Random deviations beyond this limit are not drawn: samples become more typical and less varied."),
    formula: t("|ε| ≤ {truncation:limit}"),
  },
  Hold: {
    name: t("Hold"),
    sentence: t(
      "Gives one latent dimension the same value in all pictures: what still differs between them is due to the others.",
    ),
  },
  "accuracy of the classifier": {
    name: t("accuracy of the classifier"),
    called: t("the accuracy of the classifier"),
    sentence: t("The share of test images whose class the small network that counts the samples names rightly."),
    formula: t("{accuracy:accuracy} = right answers / test images"),
  },
  precision: {
    name: t("precision"),
    sentence: t("The share of samples that look like real pictures: they lie among them in a classifier’s features."),
    formula: t("{precision:precision} = share of samples within a real picture’s distance to its 3rd nearest"),
  },
  recall: {
    name: t("recall"),
    sentence: t(
      "The share of real pictures that the samples reach: they lie among the samples in a classifier’s features.",
    ),
    formula: t("{recall:recall} = share of real pictures within a sample’s distance to its 3rd nearest"),
  },
  "Fréchet distance": {
    name: t("Fréchet distance"),
    called: t("the Fréchet distance"),
    sentence: t(
      "How far the samples’ features are from those of real pictures, by mean and covariance; smaller is better. The FID has the same formula and other features.",
    ),
    formula: "{frechet:d²} = |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½)",
  },
  "reconstruction error": {
    name: t("reconstruction error"),
    called: t("the reconstruction error"),
    sentence: t(
      "What the decoder pays for the pixels of a picture x when it gets z: −log of the probability that it gives them.",
    ),
    formula: t("{reconstruction:−log p(x|z)} = −Σ over pixels of log p(pixel|z)"),
  },
  KL: {
    name: "KL",
    sentence: t(
      "Kullback–Leibler divergence: by how many nats one distribution differs from another, here from the prior; 0 only if both are equal.",
    ),
    formula: t("{kl:KL(q(z|x) ‖ N(0, I))} = Σ over dimensions of ½ ({mean:μ}² + {sigma:σ}² − 1 − ln {sigma:σ}²)"),
  },
  "−ELBO": {
    name: "−ELBO",
    sentence: t(
      "Reconstruction error plus KL, which a VAE is trained to make small; on average over z an upper bound on −log p(x).",
    ),
    formula: "{sum:−ELBO(x)} = {reconstruction:−log p(x|z)} + {kl:KL(q(z|x) ‖ N(0, I))}",
  },
  "KL of a dimension": {
    name: t("KL of a dimension"),
    called: t("the KL of a dimension"),
    sentence: t(
      "How many nats a picture’s code carries in one latent dimension; where their mean over the test images is near 0, the model does not use it.",
    ),
    formula: t("{kl:KL} = {pictures:mean over pictures of} ½ ({mean:μ}² + {sigma:σ}² − 1 − ln {sigma:σ}²)"),
  },
  NLL: {
    name: "NLL",
    called: t("the NLL"),
    sentence: t(
      "What a picture costs under the model itself, −log p(x): estimated by importance sampling, which is on average too high.",
    ),
    formula: t("{nll:−log p(x)} ≤ −log mean over z of p(x|z) p(z) / q(z)"),
  },
  "amortisation gap": {
    name: t("amortisation gap"),
    called: t("the amortisation gap"),
    sentence: t(
      "What the encoder loses on one picture: the −ELBO of its q(z|x) minus that of the best Gaussian for this picture.",
    ),
    formula: t("{amortisation:amortisation gap} = {sum:−ELBO of the encoder’s q} − {best:−ELBO of the best q}"),
  },
  "approximation gap": {
    name: t("approximation gap"),
    called: t("the approximation gap"),
    sentence: t(
      "What the best Gaussian q loses on one picture: its −ELBO minus −log p(x), because the true posterior p(z|x) is no such Gaussian.",
    ),
    formula: t("{approximation:approximation gap} = {best:−ELBO of the best q} − {nll:−log p(x)}"),
  },
  "cost of the class": {
    name: t("cost of the class"),
    called: t("the cost of the class"),
    sentence: t(
      "A conditional model gets a picture’s class for nothing; beside other models it owes the nats that name one of the classes.",
    ),
    formula: t("{sum:−ELBO with the class} = {given:−ELBO given the class} + ln {classes:number of classes}"),
  },
  "anomaly score": {
    name: t("anomaly score"),
    called: t("the anomaly score"),
    sentence: t(
      "How many nats a picture costs the model: its −ELBO; what the model has never learnt costs more, if it is not simple.",
    ),
    formula: t("{sum:score} = {reconstruction:−log p(x|z)} + {kl:KL}"),
  },
  complexity: {
    name: t("complexity"),
    sentence: t(
      "How many nats a picture takes when it is compressed alone, as GIF and TIFF do: a simple picture is short whatever it shows.",
    ),
    formula: t("{corrected:corrected score} = {sum:−ELBO} − {length:compressed length}"),
  },
  AUROC: {
    name: "AUROC",
    called: t("the AUROC"),
    sentence: t(
      "The probability that a picture of another kind has a higher anomaly score than a test image: 0.5 is chance, 1 is perfect.",
    ),
    formula: t("{auroc:AUROC} = P(score of another picture > score of a test image)"),
  },
  "error of a collapsed model": {
    name: t("error of a collapsed model"),
    called: t("the error of a collapsed model"),
    sentence: t(
      "What a model pays that draws the mean picture whatever it is shown: no model that uses z needs to be worse.",
    ),
    formula: t("{least:error} = −Σ over pixels of (m ln m + (1 − m) ln(1 − m)), m: the mean picture"),
  },
  "least possible error": {
    name: t("least possible error"),
    called: t("the least possible error"),
    sentence: t(
      "What any model must pay for a picture’s grey pixels under a Bernoulli likelihood: their entropy; only what is above it is the model’s fault.",
    ),
    formula: t("{least:least} = −Σ over pixels of (x ln x + (1 − x) ln(1 − x))"),
  },
  trustworthiness: {
    name: t("trustworthiness"),
    sentence: t(
      "Whether neighbours on the map are neighbours in latent space, too: 1 if so, less the farther apart they really are.",
    ),
    formula: t("{trustworthiness:trustworthiness} = 1 − scaled sum of false neighbours’ ranks beyond k"),
  },
  continuity: {
    name: t("continuity"),
    sentence: t(
      "Whether neighbours in latent space are neighbours on the map, too: 1 if so, less the farther apart they are drawn.",
    ),
    formula: t("{continuity:continuity} = 1 − scaled sum of missing neighbours’ ranks beyond k"),
  },
  "neighbours kept": {
    name: t("neighbours kept"),
    called: t("the share of neighbours kept"),
    sentence: t(
      "Of a code’s nearest neighbours in latent space, the share that are its nearest neighbours on the map.",
    ),
    formula: t("{kept:kept} = true neighbours among the {neighbours:k} nearest on the map / {neighbours:k}"),
  },
  "share of variance": {
    name: t("share of variance"),
    called: t("the share of variance"),
    sentence: t(
      "How much of the codes’ spread the principal components that are shown hold: their variance over that of all dimensions.",
    ),
    formula: t("{share:share} = variance along the components shown / variance in all dimensions"),
  },
  "distance to typical": {
    name: t("distance to typical"),
    called: t("the distance to typical"),
    sentence: t(
      "How far the z that the map finds for a place is off, as a share of the typical distance between codes.",
    ),
    formula: t("{off:off by} = error of z where near codes are left out and found again / typical distance of codes"),
  },
  "mean |Δ|": {
    name: t("mean |Δ|"),
    sentence: t(
      "How far two pictures lie apart: the mean absolute difference of their pixels, as a share of the full range.",
    ),
    formula: t("{delta:mean |Δ|} = mean over pixels of |x₁ − x₂| / 255"),
  },
  "distance of codes": {
    name: t("distance of codes"),
    called: t("the distance of codes"),
    sentence: t(
      "How far two codes lie apart in latent space: the Euclidean distance, which weighs every dimension alike.",
    ),
    formula: t("{distance:distance} = √(Σ over dimensions of (z − z′)²)"),
  },
  "time to the picture": {
    name: t("time to the picture"),
    called: t("the time to the picture"),
    sentence: t(
      "How long it takes from your input until the new picture is drawn, the median of the last ones, and how many come in a second.",
    ),
    formula: t("{ms:time} = moment of drawing − moment of input"),
  },
  "change of the picture": {
    name: t("change of the picture"),
    called: t("the change of the picture"),
    sentence: t(
      "How far two pictures lie apart: the root mean square of their pixels’ differences, in grey levels of 255 or as a share of them.",
    ),
    formula: t("{change:change} = √(mean over pixels of (x₁ − x₂)²)"),
  },
  "length of a path": {
    name: t("length of a path"),
    called: t("the length of a path"),
    sentence: t(
      "How much the picture changes on the way: the sum of the changes from each picture along the path to the next.",
    ),
    formula: t("{length:length} = Σ over steps of 255 √(mean over pixels of (x₂ − x₁)²)"),
  },
  "change per unit of z": {
    name: t("change per unit of z"),
    called: t("the change per unit of z"),
    sentence: t("How much the picture changes where z moves by 1: the decoder’s slope, as the map’s shading shows it."),
    formula: t("{change:change} = (det Jᵀ J)^¼, J: the picture’s derivative along the map"),
  },
  rate: {
    name: t("rate"),
    called: t("the rate"),
    sentence: t("How many nats the code of a picture carries: the mean KL(q(z|x) ‖ p(z)) of the test images."),
    formula: t("{kl:rate} = mean over x of KL(q(z|x) ‖ N(0, I))"),
  },
  distortion: {
    name: t("distortion"),
    called: t("the distortion"),
    sentence: t("How many nats the copies miss: the mean reconstruction error −log p(x|z) of the test images."),
    formula: t("{sum:−ELBO} = {reconstruction:distortion} + {kl:rate}"),
  },
  information: {
    name: t("information"),
    called: t("the information"),
    sentence: t(
      "How many nats one latent dimension tells about which picture it is: its KL less what its codes’ distribution costs.",
    ),
    formula: t("I(z; x) = {kl:KL} − KL of the aggregate posterior"),
  },
  MIG: {
    name: "MIG",
    called: t("the MIG"),
    sentence: t(
      "Mutual information gap: how much more one dimension knows of a property than any other does; 1 if one dimension alone knows it.",
    ),
    formula: t("{mig:MIG} = mean over properties of (I₁ − I₂) / H"),
  },
  correlation: {
    name: t("correlation"),
    called: t("the correlation"),
    sentence: t("How alike two dimensions order the test images: 1 alike, −1 mirrored, 0 not at all."),
    formula: t("{correlation:r} = mean over x of the product of both standardised μ(x)"),
  },
  "latent dimensions": {
    name: t("latent dimensions"),
    called: t("the number of latent dimensions"),
    sentence: t("How many numbers a picture’s code has: the width of the bottleneck between encoder and decoder."),
    formula: t("encoder(x) = {dimensions:d} means μ and {dimensions:d} values of ln σ²"),
  },
  weights: {
    name: t("weights"),
    called: t("the number of weights"),
    sentence: t("How many numbers training adjusts: the weights and biases in all layers of encoder and decoder."),
    formula: t("{weights:weights} = Σ over layers of (inputs · outputs + outputs)"),
  },
  "size of a picture": {
    name: t("size of a picture"),
    called: t("the size of a picture"),
    sentence: t(
      "How many numbers the decoder has to give: one for each pixel and colour, each with its part of the reconstruction error.",
    ),
    formula: t("{numbers:numbers} = {width:width} · {height:height} · {colours:colours}"),
  },
  "kept middle": {
    name: t("kept middle"),
    called: t("the kept middle"),
    sentence: t(
      "Which share of a picture’s square is cut out in its middle and fills the image: the smaller, the larger everything is drawn.",
    ),
    formula: t("side of what is cut out = {kept:kept} · side of the square"),
  },
  augmentation: {
    name: t("augmentation"),
    called: t("the augmentation"),
    sentence: t(
      "Trains on versions of each picture, shifted, turned and scaled at random up to their limits; pictures for tests stay as they are.",
    ),
    formula: t("{images:images} = {versions:versions} · {pictures:training pictures}"),
  },
  epochs: {
    name: t("epochs"),
    called: t("the number of epochs"),
    sentence: t("How often training goes through all its pictures, each time in a new random order."),
    formula: t("{steps:steps} = {epochs:epochs} · {pictures:training pictures} / {batch:batch size}"),
  },
  "batch size": {
    name: t("batch size"),
    called: t("the batch size"),
    sentence: t(
      "How many pictures a step of training takes: more give a steadier direction, fewer more steps in an epoch.",
    ),
    formula: t("loss of a step = mean of the loss over {batch:batch size} pictures"),
  },
  "time budget": {
    name: t("time budget"),
    called: t("the time budget"),
    sentence: t("How long a run may take: it measures a few steps first and plans as many epochs as fit."),
    formula: t("{epochs:epochs} = 0.85 · {budget:seconds} / {each:seconds of an epoch}"),
  },
  schedule: {
    name: t("schedule"),
    called: t("the schedule"),
    sentence: t(
      "How the learning rate changes in a run: cosine lets it rise in the first tenth and then fall to 0, constant leaves it.",
    ),
    formula: t("rate at p = {rate:rate} · min(p / 0.1, ½ + ½ cos(π (p − 0.1) / 0.9)), p: progress from 0 to 1"),
  },
  "warm-up": {
    name: t("warm-up"),
    called: t("the warm-up"),
    sentence: t(
      "Lets a run begin with no KL in the loss: its weight grows to β, so that dimensions are used before they cost.",
    ),
    formula: t("weight of the KL at p = {beta:β} · min(1, p / {share:share of the run}), p: progress from 0 to 1"),
  },
  "free bits": {
    name: t("free bits"),
    sentence: t(
      "How many nats of KL each dimension has for nothing: only more than that costs, so that none is switched off early.",
    ),
    formula: t("loss = {reconstruction:−log p(x|z)} + Σ over dimensions of max({free:free bits}, {kl:KL})"),
  },
  "samples of z": {
    name: t("samples of z"),
    called: t("the number of samples of z"),
    sentence: t(
      "How many codes are drawn for a picture in a step: with more, the bound that IWAE makes small comes nearer to −log p(x).",
    ),
    formula: t("loss = −log mean over {samples:K} samples of p(x|z) p(z) / q(z|x)"),
  },
  seed: {
    name: t("seed"),
    called: t("the seed"),
    sentence: t(
      "Where all random numbers of a run begin: first weights, order of the pictures, noise; the same seed gives the same run.",
    ),
  },
  loss: {
    name: t("loss"),
    called: t("the loss"),
    sentence: t(
      "What training makes small: the reconstruction error and the KL times β, or what the chosen objective makes of them.",
    ),
    formula: t("{sum:loss} = {reconstruction:−log p(x|z)} + β · {kl:KL}"),
  },
  β: {
    name: "β",
    sentence: t(
      "How much a nat of KL weighs against a nat of reconstruction error: above 1 fewer dimensions are used, copies are duller.",
    ),
    formula: t("{sum:loss} = {reconstruction:−log p(x|z)} + {beta:β} · {kl:KL}"),
  },
  "learning rate": {
    name: t("learning rate"),
    called: t("the learning rate"),
    sentence: t(
      "How far the weights move in a step of training: it rises at first and then falls to 0 along half a cosine.",
    ),
    formula: t("weights ← weights − {rate:rate} · direction of the optimiser"),
  },
  "capacity C": {
    name: t("capacity C"),
    called: t("the capacity C"),
    sentence: t("The KL in nats that training aims at: it grows from 0, and the KL pays for being above or below it."),
    formula: t("loss = {reconstruction:−log p(x|z)} + γ |{kl:KL} − {capacity:C}|"),
  },
  heat: {
    name: t("heat"),
    called: t("the heat"),
    sentence: t(
      "What the KL is multiplied by at first, so that the code learns what changes images most; it falls to 1.",
    ),
    formula: t("loss = {reconstruction:−log p(x|z)} + {heat:heat} · β · {kl:KL}"),
  },
  "σ of the decoder": {
    name: t("σ of the decoder"),
    called: t("the σ of the decoder"),
    sentence: t(
      "The standard deviation that the decoder’s Gaussian gives each pixel: the smaller, the more a wrong pixel costs.",
    ),
    formula: t("−log p(x|z) = Σ over pixels of ½ (x − mean)² / {sigma:σ}² + ln {sigma:σ} + ½ ln 2π"),
  },
  "share of the votes": {
    name: t("share of the votes"),
    called: t("the share of the votes"),
    sentence: t("How many of those who have voted in this round chose an option; who has not voted does not count."),
    formula: t("{share:share} = {votes:votes for the option} / {all:votes of the round}"),
  },
  "share of right votes": {
    name: t("share of right votes"),
    called: t("the share of right votes"),
    sentence: t(
      "How many of the votes are right, which says what to do: below 35 % give a hint, up to 70 % let them discuss, above explain.",
    ),
    formula: t("{share:share} = {right:votes for the right option} / {votes:votes of the round}"),
  },
  "gain between the rounds": {
    name: t("gain between the rounds"),
    called: t("the gain between the rounds"),
    sentence: t(
      "How many more votes are right after the discussion, counted from those who voted twice: who went there less who left.",
    ),
    formula: t("{gain:gain} = {went:votes that went to the right option} − {left:votes that left it}"),
  },
  "time of an answer": {
    name: t("time of an answer"),
    called: t("the time of an answer"),
    sentence: t(
      "How long a message takes from a phone to the app and back, the median of a few: the delay that students see.",
    ),
    formula: t("{ms:time} = moment of the answer − moment of sending"),
  },
};
