/// The program's version, as `separatrix --version` prints it and files record it.
public let programVersion = "0.1.0"
