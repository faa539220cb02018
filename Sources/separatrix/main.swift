import SeparatrixTool

Tool.main()
