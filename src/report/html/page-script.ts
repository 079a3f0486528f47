import { readFileSync } from "node:fs";

/**
 * Makes one script of the page's modules, which the compiler has put beside this file: each becomes a function that
 * returns its exports, and imports become reads of these. It understands what the compiler writes for the page's modules
 * and nothing more: named imports and exports of declarations.
 *
 * @throws Error for an import or export of another form
 */
export function pageScript(): string {
  const linker = new Linker();
  linker.add(new URL("./page/main.js", import.meta.url));
  // Within a script element these would be markup; in the modules they occur in strings only.
  const code = linker.scripts.join("\n").replace(/<(?=!--|\/?script)/g, "\\x3c");
  return `"use strict";\n${code}`;
}

const IMPORT = /^import \{([^}]*)\} from "(\.[^"]+)";$/gm;
const EXPORT = /^export (?=(?:async )?(?:function\*?|const|class) (\w+))/gm;

class Linker {
  readonly scripts: string[] = [];
  readonly #names = new Map<string, string>();

  /** Adds a module after those it imports, once; returns the name of its exports. */
  add(url: URL): string {
    const known = this.#names.get(url.href);
    if (known !== undefined) return known;
    const exported: string[] = [];
    const code = readFileSync(url, "utf8")
      .replace(/^\/\/# sourceMappingURL=.*$/m, "")
      .replace(IMPORT, (_, names: string, from: string) => {
        const source = this.add(new URL(from, url));
        return `const {${names.replace(/\bas\b/g, ":").replace(/(\w+)\s+:\s+/g, "$1: ")}} = ${source};`;
      })
      .replace(EXPORT, (_, name: string) => {
        exported.push(name);
        return "";
      });
    const other = /^(?:import|export)\b.*$/m.exec(code);
    if (other) throw new Error(`${url.pathname} has "${other[0]}", which a module of the report's page may not have.`);
    const name = `module${this.#names.size}`;
    this.#names.set(url.href, name);
    this.scripts.push(`const ${name} = (() => {\n${code.trim()}\nreturn { ${exported.join(", ")} };\n})();`);
    return name;
  }
}
