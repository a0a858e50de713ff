package gunzip

// pastSize is how far back a match may reach, RFC 1951 section 2.
const pastSize = 32 << 10

// A past is the member's text before the caller's memory, kept because that
// memory is the caller's again between two Reads: the last pastSize bytes of
// buf[:end], if there are so many.
type past struct {
	end int
	buf [2 * pastSize]byte
}

func (h *past) forget() { h.end = 0 }

// size is how much of the past matches may refer to.
func (h *past) size() int { return min(h.end, pastSize) }

// add appends text. Small texts are gathered, and moved down once in pastSize bytes.
func (h *past) add(text []byte) {
	if len(text) >= pastSize {
		h.end = copy(h.buf[:pastSize], text[len(text)-pastSize:])
		return
	}
	if h.end+len(text) > len(h.buf) {
		h.end = copy(h.buf[:pastSize], h.buf[h.end-pastSize:h.end])
	}
	h.end += copy(h.buf[h.end:], text)
}

// repeat writes p[n:end], each byte the one far before it, in p or in the past.
// far is at most n and the past's size together.
func (h *past) repeat(p []byte, n, end, far int) {
	if back := far - n; back > 0 {
		n += copy(p[n:end], h.buf[h.end-back:h.end])
	}
	// What was written repeats itself, so that ever more can be copied at once.
	for from := n - far; n < end; {
		n += copy(p[n:end], p[from:n])
	}
}
