// Every measure in a few lines: two made-up embeddings of the same examples, four classes, and a classifier's outputs.
//
//   make example
import Features
import Foundation
import Measures
import Torch

/// Numbers without end that look random, the same on every machine.
func numbers(_ count: Int, seed: Int) -> [Double] {
  (0..<count).map { sin(Double($0 * 7919 + seed) * 12.9898) * 43758.5453 }.map { 2 * ($0 - $0.rounded(.down)) - 1 }
}

func line(_ name: String, _ value: Double?) { print(name + ": " + (value.map { String(format: "%.4f", $0) } ?? "-")) }

let labels = (0..<400).map { $0 % 4 }
let classes = try Tensor(labels).oneHot(4).to(.f32)
let noise = try Tensor(numbers(400 * 32, seed: 1), shape: [400, 32]).to(.f32)
let old = try noise + classes.matmul(Tensor(numbers(4 * 32, seed: 2), shape: [4, 32]).to(.f32))
let new = try noise + classes.matmul(Tensor(numbers(4 * 32, seed: 3), shape: [4, 32]).to(.f32)) * 2
let outputs = try classes + Tensor(numbers(400 * 4, seed: 4), shape: [400, 4]).to(.f32)

line("class separation, old", try ClassSeparation.measure(features: old, labels: labels).cosine?.r2)
line("class separation, new", try ClassSeparation.measure(features: new, labels: labels).cosine?.r2)
line("CKA", try CKA.between(old, new))
line("Procrustes", try Similarity.compare(TensorRows(old), TensorRows(new)).procrustes)
line("effective rank", try Spectrum.measure(TensorRows(new)).effectiveRank)
line("share of numbers that are not 0", try Sparsity.measure(TensorRows(new)).nonzeroFraction)
line("NC1", try Collapse.measure(TensorRows(new), labels: labels).nc1)
line("mAP@R", try Retrieval.measure(TensorRows(new), labels: labels)["map_at_r"])
line("ECE", try Calibration.measure(outputs: outputs, labels: labels).figures.ece)
line("kappa", try Agreement.compare([TensorRows(outputs), TensorRows(classes)], labels: labels).pairs[0].kappa)
let seen = OutOfDistribution.Examples(outputs: try TensorRows(classes), features: nil)
let unseen = OutOfDistribution.Examples(outputs: try TensorRows(outputs), features: nil)
line("AUROC of the energy", try OutOfDistribution.measure(familiar: seen, unfamiliar: unseen).scores["energy"]?.auroc)
let clean = Shift.Examples(name: "clean", outputs: try TensorRows(classes), labels: labels)
let noisy = Shift.Examples(
  name: "noisy", corruption: "noise", severity: 1, outputs: try TensorRows(outputs), labels: labels)
line("error under noise", try Shift.measure(clean: clean, sets: [noisy]).meanCorruptionError)
