// A node of @node-lightning/noise, for NodeLightningTest:
//
//   node node.js listen PORT | connect PORT ID
//
// Its peer begins by one message: "sum N" for the SHA-256 of the N bytes that come then, or "pour N" for N messages of all
// sizes. Messages go one way only, but for one: both directions of this implementation share one chaining key, where the
// specification gives one to each, so that it fails once both have rotated.
const crypto = require('crypto')
const noise = require('@node-lightning/noise')

const SIZES = [1, 2, 64, 65, 1000, 4096, 16384, 65535]
const ls = Buffer.from('00'.repeat(31) + '07', 'hex')
const [role, port, id] = process.argv.slice(2)

function serve(socket) {
  let left = 0
  let hash
  socket.on('data', (said) => {
    if (hash) {
      hash.update(said)
      left -= said.length
      if (left === 0) socket.write(hash.digest())
      return
    }
    const [what, number] = said.toString().split(' ')
    if (what === 'sum') {
      left = Number(number)
      hash = crypto.createHash('sha256')
    } else {
      for (let i = 0; i < Number(number); i++) {
        socket.write(Buffer.alloc(SIZES[i % SIZES.length], i))
      }
    }
  })
  socket.on('end', () => socket.end())
  socket.on('error', (error) => console.error(String(error)))
}

if (role === 'listen') {
  const server = noise.createServer({ ls }, serve)
  server.listen({ port: Number(port), host: '127.0.0.1' }, () => console.log('ready'))
} else {
  serve(noise.connect({ ls, rpk: Buffer.from(id, 'hex'), host: '127.0.0.1', port: Number(port) }))
  console.log('ready')
}
