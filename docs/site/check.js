// Looks at the site that was built: its links, what a browser asks for, and axe's rules.
import { createServer } from 'node:http'
import fs from 'node:fs'
import path from 'node:path'
import axe from 'axe-core'
import { LinkChecker } from 'linkinator'
import { chromium } from 'playwright-core'
import { repository } from './pages.js'

// Where the site will lie: see docs/releasing.md.
const base = process.env.SITE_BASE ?? '/'
const built = path.join(repository, 'docs/target/site')
const pages = ['index', 'tutorial', 'manual', 'limits', 'why', 'troubleshooting']
const widths = [360, 768, 1280]
const schemes = ['light', 'dark']
const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const types = { html: 'text/html', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', png: 'image/png', woff2: 'font/woff2' }

const failures = []

async function main() {
  const server = createServer(serve)
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${server.address().port}${base}`.replace(/\/$/, '')
  await checkLinks(origin)
  const browser = browsers.find(file => fs.existsSync(file))
  if (browser) {
    await checkPages(origin, browser)
  } else {
    console.log('No Chromium: what a browser asks for and axe\'s rules are not checked')
  }
  server.close()
  if (failures.length > 0) {
    console.error(failures.join('\n'))
    process.exitCode = 1
  }
}

function serve(request, response) {
  const { pathname } = new URL(request.url, 'http://localhost')
  const inside = decodeURI(pathname.slice(base.length - 1)).replace(/\/$/, '/index.html')
  const file = path.join(built, inside)
  if (!pathname.startsWith(base) || !file.startsWith(built) || !fs.existsSync(file)) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, { 'Content-Type': types[path.extname(file).slice(1)] ?? 'application/octet-stream' })
  fs.createReadStream(file).pipe(response)
}

async function checkLinks(origin) {
  const javadoc = fs.existsSync(path.join(built, 'apidocs'))
  const { links } = await new LinkChecker().check({
    path: origin + '/',
    recurse: true,
    checkFragments: true,
    checkCss: true,
    // Javadoc's own links are for its doclint, and other hosts are for whoever has a network.
    linksToSkip: async link => !link.startsWith(origin + '/') || link.startsWith(origin + '/apidocs/') && (!javadoc || !link.endsWith('/apidocs/index.html')),
  })
  for (const link of links.filter(link => link.state === 'BROKEN')) {
    failures.push(`${link.parent}: no ${link.url}`)
  }
  console.log(`${links.filter(link => link.state === 'OK').length} links checked`)
}

async function checkPages(origin, executablePath) {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  const page = await browser.newPage({ reducedMotion: 'reduce' })
  page.on('request', request => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(origin + '/')) {
      failures.push(`${page.url()} asks for ${request.url()}`)
    }
  })
  page.on('pageerror', error => failures.push(`${page.url()}: ${error}`))
  for (const name of pages) {
    await page.goto(`${origin}/${name}.html`, { waitUntil: 'networkidle' })
    await page.evaluate(axe.source)
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme })
      for (const width of widths) {
        await page.setViewportSize({ width, height: 900 })
        await checkPage(page, `${name} at ${width} px, ${colorScheme}`)
      }
    }
  }
  await browser.close()
  console.log(`${pages.length} pages checked at ${widths.join(', ')} px, ${schemes.join(' and ')}`)
}

async function checkPage(page, name) {
  if (process.env.SCREENSHOTS) {
    await page.screenshot({ path: path.join(process.env.SCREENSHOTS, name.replace(/[ ,]+/g, '-') + '.png') })
  }
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  if (overflow > 0) {
    failures.push(`${name}: ${overflow} px wider than the window`)
  }
  const { violations } = await page.evaluate(() => globalThis.axe.run())
  for (const { id, nodes } of violations) {
    failures.push(`${name}: ${id}: ${nodes.length} times, first ${nodes[0].html.slice(0, 200)}\n  ${nodes[0].failureSummary.replaceAll('\n', '\n  ')}`)
  }
}

await main()
