import ArgumentParser

struct AnalyzeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analyze", abstract: "Measures on feature files of any origin.",
    subcommands: [
      AllOfFiles.self, Separation.self, CKAOfFiles.self, SimilarityOfFiles.self, SparsityOfFile.self,
      SpectrumOfFile.self,
      CollapseOfFile.self, UniformityOfFile.self, CalibrationOfFile.self, AgreementOfFiles.self, OODOfFiles.self,
      ShiftOfFiles.self,
      RetrievalOfFile.self, CompareOfFiles.self,
    ])
}
