import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '')

/** Where the site has a file of the repository: docs/tutorial.md is tutorial.md. */
export function addressOf(file) {
  const named = { 'README.md': 'index.md', 'docs/README.md': 'manual.md' }[file]
  return named ?? file.replace(/^docs\//, '').replace(/\/README\.md$/, '.md').toLowerCase()
}

export function isPage(file) {
  return /^(docs\/|samples\/|[^/]*$)/.test(file) && file.endsWith('.md') && fs.existsSync(path.join(repository, file))
}

/** The sections of the manual's own list of pages, which is the menu. */
export function contents() {
  const sections = []
  for (const line of fs.readFileSync(path.join(repository, 'docs/README.md'), 'utf8').split('\n')) {
    const section = line.match(/^## (.*)/)
    const page = line.match(/^\| \[(.*?)\]\((.*?)\)/)
    if (section) {
      sections.push({ title: section[1], pages: [] })
    } else if (page) {
      sections.at(-1).pages.push({ title: page[1], file: path.posix.join('docs', page[2]) })
    }
  }
  return sections
}
