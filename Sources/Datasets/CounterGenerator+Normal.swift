import Foundation

extension CounterGenerator {
  /// A standard normal number (Box and Muller; takes two of the stream).
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * Double.pi * uniform())
  }
}
