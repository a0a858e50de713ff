package flow

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"sync"
)

// Done remembers the digests whose log files have all been found valid, so that
// an interrupted validation can go on where it was. One line for each: the
// digest's hash, which the content of every listed log file is bound to.
type Done struct {
	mu   sync.Mutex
	seen map[[sha256.Size]byte]bool // guarded by mu
	out  io.Writer                  // guarded by mu
	err  error                      // guarded by mu: the first of out
}

// NewDone reads what was remembered; out gets what is to be added.
func NewDone(in io.Reader, out io.Writer) (*Done, error) {
	d := &Done{seen: map[[sha256.Size]byte]bool{}, out: out}
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		var sum [sha256.Size]byte
		k, err := hex.Decode(sum[:], lines.Bytes()[:min(len(lines.Bytes()), 2*len(sum))])
		if err != nil || k != len(sum) || len(lines.Bytes()) != 2*len(sum) {
			return nil, fmt.Errorf("line %d is no hash of a digest", n)
		}
		d.seen[sum] = true
	}
	return d, lines.Err()
}

func (d *Done) has(sum [sha256.Size]byte) bool {
	if d == nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.seen[sum]
}

// note remembers a digest with its log files if there is nothing wrong with them.
func (d *Done) note(r *DigestResult) {
	if d == nil || !r.Verdict.Valid() {
		return
	}
	for i := range r.Logs {
		if !r.Logs[i].Verdict.Valid() {
			return
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen[r.Hash] || d.err != nil {
		return
	}
	d.seen[r.Hash] = true
	_, d.err = fmt.Fprintln(d.out, hex.EncodeToString(r.Hash[:]))
}

// Err is the first error of writing.
func (d *Done) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}
