package gunzip

import (
	"bytes"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
)

// A bitWriter writes as RFC 1951 section 3.1.1 has it.
type bitWriter struct {
	out  []byte
	have uint
}

// number writes the n lowest bits of v, the lowest first.
func (w *bitWriter) number(v, n uint) {
	for i := range n {
		w.bit(v >> i & 1)
	}
}

// codes writes codes given as text of zeros and ones.
func (w *bitWriter) codes(text string) {
	for _, c := range text {
		if c != ' ' {
			w.bit(uint(c - '0'))
		}
	}
}

func (w *bitWriter) bit(b uint) {
	if w.have%8 == 0 {
		w.out = append(w.out, 0)
	}
	w.out[len(w.out)-1] |= byte(b << (w.have % 8))
	w.have++
}

// codedMember is a member of a single block with the given codes, whose symbols are text.
// The code of code lengths has sixteen codes of four bits, so that each length is
// its own code.
func codedMember(literals, distances []uint8, symbols string, text []byte) []byte {
	w := &bitWriter{}
	w.number(1, 1)
	w.number(2, 2)
	w.number(uint(len(literals)-257), 5)
	w.number(uint(len(distances)-1), 5)
	w.number(15, 4)
	for _, i := range lengthsOrder {
		n := uint(4)
		if i >= repeatLength {
			n = 0
		}
		w.number(n, 3)
	}
	for _, n := range slices.Concat(literals, distances) {
		for i := 3; i >= 0; i-- {
			w.bit(uint(n) >> i & 1)
		}
	}
	w.codes(symbols)
	return member(w.out, text)
}

// member is a member with that body.
func member(body, text []byte) []byte {
	sum, n := crc32.ChecksumIEEE(text), len(text)
	return slices.Concat([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), body,
		[]byte{byte(sum), byte(sum >> 8), byte(sum >> 16), byte(sum >> 24), byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
}

// lengthsOf are the code lengths of n symbols, given as pairs of a symbol and its length.
func lengthsOf(n int, pairs ...int) []uint8 {
	lengths := make([]uint8, n)
	for i := 0; i < len(pairs); i += 2 {
		lengths[pairs[i]] = uint8(pairs[i+1])
	}
	return lengths
}

func TestCodes(t *testing.T) {
	// Codes: 'a' 00, end 01, length 3 10, 'b' 110, length 4 111.
	usual := lengthsOf(259, 'a', 2, 'b', 3, 256, 2, 257, 2, 258, 3)
	for name, c := range map[string]struct {
		literals, distances []uint8
		symbols, want       string
		fails               bool
	}{
		"complete":                {usual, lengthsOf(2, 0, 1, 1, 1), "00 110 10 1 111 0 01", "ababaaaaa", false},
		"no distances, unused":    {usual, lengthsOf(1), "00 110 01", "ab", false},
		"no distances, used":      {usual, lengthsOf(1), "00 110 10 0 01", "ab", true},
		"one distance":            {usual, lengthsOf(3, 1, 1), "00 110 10 0 01", "ababa", false},
		"one distance, the other": {usual, lengthsOf(3, 1, 1), "00 110 10 1 01", "ab", true},
		"one distance of 2 bits":  {usual, lengthsOf(3, 1, 2), "00 01", "", true},
		"too many distances":      {usual, lengthsOf(3, 0, 1, 1, 1, 2, 1), "00 01", "", true},
		"incomplete distances":    {usual, lengthsOf(3, 0, 2, 1, 2, 2, 2), "00 01", "", true},
		"too far":                 {usual, lengthsOf(2, 0, 1, 1, 1), "00 10 1 01", "a", true},
		"one literal code":        {lengthsOf(257, 256, 1), lengthsOf(1), "0", "", false},
		"one literal, the other":  {lengthsOf(257, 256, 1), lengthsOf(1), "1", "", true},
		"no literal code":         {lengthsOf(257), lengthsOf(1), "0", "", true},
		"no end of block":         {lengthsOf(257, 'a', 1, 'b', 1), lengthsOf(1), "0 1 1 0", "abba", true},
		"too many literals":       {lengthsOf(257, 'a', 1, 'b', 1, 256, 1), lengthsOf(1), "0", "", true},
		"incomplete literals":     {lengthsOf(257, 'a', 2, 'b', 2, 256, 2), lengthsOf(1), "00 10", "", true},
		"287 literals":            {lengthsOf(287, 256, 1), lengthsOf(1), "0", "", true},
		"31 distances":            {lengthsOf(257, 256, 1), lengthsOf(31), "0", "", true},
	} {
		data := codedMember(c.literals, c.distances, c.symbols, []byte(c.want))
		var r Reader
		same(t, name, &r, data, always(1000))
		got, err := readAll(&r, bytes.NewReader(data), always(1000))
		if !bytes.HasPrefix(got, []byte(c.want)) || (err != nil) != c.fails {
			t.Errorf("%s: %q, %v; want %q, an error: %v", name, got, err, c.want, c.fails)
		}
	}
}

// TestLongCodes has literals and distances with codes of every length up to 15 bits.
func TestLongCodes(t *testing.T) {
	literals, distances := lengthsOf(258, 256, 15, 257, 15), lengthsOf(16, 15, 15)
	for i := range 13 {
		literals['a'+i] = uint8(i + 1)
	}
	literals['z'] = 14
	for i := range 15 {
		distances[i] = uint8(i + 1)
	}
	// The codes are 0, 10, 110 and so on, and those of 15 bits 111111111111110 and 111111111111111.
	code := func(i int) string {
		if i == 15 {
			return strings.Repeat("1", 15)
		}
		return strings.Repeat("1", i) + "0"
	}
	var symbols strings.Builder
	var want []byte
	for i := range 300 {
		symbols.WriteString(code(i % 13))
		want = append(want, byte('a'+i%13))
	}
	for range 3 {
		for i, base := range distanceBase[:16] {
			symbols.WriteString(code(15) + code(i) + strings.Repeat("0", int(distanceFurther[i])))
			for range 3 {
				want = append(want, want[len(want)-int(base)])
			}
			symbols.WriteString(code(13))
			want = append(want, 'z')
		}
	}
	symbols.WriteString(code(14))
	data := codedMember(literals, distances, symbols.String(), want)
	var r Reader
	for _, n := range []int{1, 100, 1000} {
		same(t, "long codes", &r, data, always(n))
		if got, err := readAll(&r, bytes.NewReader(data), always(n)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("by %d: %q, %v; want %q", n, got, err, want)
		}
	}
}
