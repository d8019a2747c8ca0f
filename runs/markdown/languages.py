"""The languages whose code is coloured, by the names that models give them."""

# The first name is Pygments' own. Others stay plain: some lexers take for ever on hostile text.
LANGUAGES = {
    "Bash": "bash sh shell zsh",
    "C": "c h",
    "C#": "csharp c# cs",
    "C++": "cpp c++ cc cxx hpp",
    "CSS": "css",
    "Dart": "dart",
    "Diff": "diff patch udiff",
    "Dockerfile": "docker dockerfile",
    "Elixir": "elixir ex exs",
    "Go": "go golang",
    "GraphQL": "graphql",
    "HTML": "html",
    "Haskell": "haskell hs",
    "INI": "ini cfg conf",
    "JSON": "json jsonc",
    "Java": "java",
    "JavaScript": "javascript js jsx mjs node",
    "Julia": "julia jl",
    "Kotlin": "kotlin kt",
    "LaTeX": "latex tex",
    "Lua": "lua",
    "Makefile": "make makefile",
    "Nginx": "nginx",
    "PHP": "php",
    "PowerShell": "powershell ps1 pwsh",
    "Python": "python py python3",
    "R": "r",
    "Ruby": "ruby rb",
    "Rust": "rust rs",
    "SCSS": "scss",
    "SQL": "sql postgresql postgres mysql sqlite",
    "Scala": "scala",
    "Swift": "swift",
    "TOML": "toml",
    "Terminal": "console shell-session",
    "Terraform": "terraform hcl tf",
    "TypeScript": "typescript ts tsx",
    "XML": "xml svg",
    "YAML": "yaml yml",
}
NAMES = {alias: name for name, aliases in LANGUAGES.items() for alias in aliases.split()}
UNNAMED = "Code"
LONGEST = 24


def language_name(info: str) -> str:
    """What a block says it is, in the language's own spelling where it is known."""
    said = said_language(info)
    return NAMES.get(said.lower(), said[:LONGEST]) or UNNAMED


def lexer_name(info: str) -> str | None:
    """The name by which Pygments knows the language; None for one that stays plain."""
    name = NAMES.get(said_language(info).lower())
    return LANGUAGES[name].split()[0] if name else None


def said_language(info: str) -> str:
    """The first word after the fence, without what some models hang on it: `python:main.py`."""
    words = info.strip().strip("{}").lstrip(".").split()
    return words[0].split(":")[0].split(",")[0] if words else ""
