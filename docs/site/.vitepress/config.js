import fs from 'node:fs'
import path from 'node:path'
import { defineConfig } from 'vitepress'
import { slug } from 'github-slugger'
import { repository, addressOf, isPage, contents } from '../pages.js'

const pom = fs.readFileSync(path.join(repository, 'pom.xml'), 'utf8')
const version = pom.match(/<artifactId>fluxwire-parent<\/artifactId>\s*<version>(.*?)</)[1]
const source = pom.match(/<scm [\s\S]*?<url>(.*?)</)[1]
const base = process.env.SITE_BASE ?? '/'
const released = JSON.parse(fs.readFileSync(new URL('../versions.json', import.meta.url), 'utf8'))

/** The same Markdown is read on GitHub, where links are to files, of which this site has some. */
function linkedAsOnGithub(md) {
  md.core.ruler.push('repository-links', state => {
    const folder = path.dirname(state.env.realPath ?? state.env.path)
    for (const token of state.tokens.flatMap(token => token.children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null
      if (href && !/^(#|\/|[a-z]+:)/.test(href)) {
        token.attrSet('href', resolved(folder, href))
      }
    }
  })
}

/** A column without a name has a cell at its head, not a header that says nothing to a screen reader. */
function withoutEmptyHeaders(md) {
  md.core.ruler.push('empty-headers', state => {
    for (const [at, token] of state.tokens.entries()) {
      if (token.type === 'th_open' && state.tokens[at + 1].content === '') {
        token.tag = state.tokens[at + 2].tag = 'td'
      }
    }
  })
}

function resolved(folder, href) {
  const [file, anchor] = decodeURI(href).split('#')
  const target = path.relative(repository, path.resolve(folder, file))
  const there = isPage(target) ? '/' + addressOf(target) : `${source}/blob/main/${target}`
  return there + (anchor ? '#' + anchor : '')
}

/** Pages lie above the folder of the packages, where these would not be looked for. */
const packagesOfTheSite = {
  name: 'packages-of-the-site',
  enforce: 'pre',
  resolveId(name, importer, options) {
    return /^vue(\/|$)/.test(name) && importer?.endsWith('.md')
      ? this.resolve(name, path.join(repository, 'docs/site/package.json'), { ...options, skipSelf: true })
      : null
  },
  // Those are looked for there, too, before any plugin is asked. They are found as they are needed.
  configResolved({ optimizeDeps }) {
    optimizeDeps.include = optimizeDeps.include?.filter(name => !name.startsWith('vitepress >'))
  },
}

export default defineConfig({
  title: 'Fluxwire',
  description: 'A reactive, encrypted and authenticated peer transport for the JVM',
  lang: 'en-US',
  base,
  srcDir: repository,
  outDir: path.join(repository, 'docs/target/site'),
  cacheDir: path.join(repository, 'docs/target/site-cache'),
  srcExclude: ['**/target/**', '**/.*/**', '**/src/**'],
  rewrites: addressOf,
  ignoreDeadLinks: 'localhostLinks',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: {
    anchor: { slugify: text => slug(text) },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config: md => md.use(linkedAsOnGithub).use(withoutEmptyHeaders),
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Tutorial', link: '/tutorial' },
      { text: 'Manual', link: '/manual' },
      { text: 'Javadoc', link: '/apidocs/index.html', target: '_self' },
      {
        text: version,
        items: [
          { text: 'Changelog', link: '/changelog' },
          { text: 'Support and releases', link: '/maturity' },
          ...released.map(({ version, address }) => ({ text: version, link: address, target: '_self' })),
        ],
      },
    ],
    sidebar: contents().map(({ title, pages }) => ({
      text: title,
      items: pages.map(({ title, file }) => ({ text: title, link: '/' + addressOf(file) })),
    })),
  },
  vite: {
    plugins: [packagesOfTheSite],
    server: { watch: { ignored: ['**/target/**', '**/.fluxwire/**', '**/.git/**'] } },
  },
})
