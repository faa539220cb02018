import ArgumentParser
import Study

extension StudyCommand {
  struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The JSON Schema of specifications, with which an editor completes and checks them.",
      discussion: """
        Prints the schema (draft 2020-12). An editor with a YAML language server reads it from the first line of a
        specification: # yaml-language-server: $schema=study.schema.json
        Example:
          separatrix study schema > study.schema.json
        """)

    @OptionGroup var output: OutputOptions

    func run() throws { print(try SpecificationSchema(catalog: Tool.catalog).json()) }
  }
}
