package wire

import (
	"math"
	"time"
	"unicode/utf8"
)

// A cborReader reads RFC 8949: what RPC v2 allows of it, lengths left open
// included.
type cborReader struct {
	b    []byte
	at   int
	left []uint64 // items of each open array and map; openEnd where a break ends it
}

// openEnd is the length of what ends with a break.
const openEnd = math.MaxUint64

var errCBOREnd = &malformed{"Unexpected end of the request"}

func (r *cborReader) end() error {
	if r.at < len(r.b) {
		return malformedf("Unexpected bytes after the end of the request, at byte %d", r.at)
	}
	return nil
}

// next is the first byte of the next item; a break at the end, which begins none.
func (r *cborReader) next() byte {
	if r.at < len(r.b) {
		return r.b[r.at]
	}
	return cborBreak
}

// head takes the first byte of an item and the number after it; openEnd stands
// for a length left open.
func (r *cborReader) head() (major byte, n uint64, err error) {
	if r.at >= len(r.b) {
		return 0, 0, errCBOREnd
	}
	first := r.b[r.at]
	r.at++
	major, n = first&0xe0, uint64(first&0x1f)
	if n < 24 {
		return major, n, nil
	}
	if n == cborIndefinite && major >= cborBytes && major <= cborMap {
		return major, openEnd, nil
	}
	if n > 27 {
		return 0, 0, malformedf("Unexpected item at byte %d", r.at-1)
	}
	size := 1 << (n - 24)
	if len(r.b)-r.at < size {
		return 0, 0, errCBOREnd
	}
	n = 0
	for _, c := range r.b[r.at : r.at+size] {
		n = n<<8 | uint64(c)
	}
	r.at += size
	return major, n, nil
}

func (r *cborReader) unexpected(wanted string) error {
	if r.at >= len(r.b) {
		return errCBOREnd
	}
	return malformedf("The item at byte %d can not be converted to %s", r.at, wanted)
}

func (r *cborReader) null() bool {
	if c := r.next(); c == cborNull || c == cborUndefined {
		r.at++
		return true
	}
	return false
}

func (r *cborReader) boolean() (bool, error) {
	c := r.next()
	if c != cborTrue && c != cborFalse {
		return false, r.unexpected("Boolean")
	}
	r.at++
	return c == cborTrue, nil
}

func (r *cborReader) text() (string, error) {
	b, err := r.bytes(cborText, "String")
	if err != nil {
		return "", err
	}
	if !utf8.Valid(b) {
		return "", malformedf("A String is not valid UTF-8")
	}
	return string(b), nil
}

func (r *cborReader) blob() ([]byte, error) {
	b, err := r.bytes(cborBytes, "Blob")
	if err != nil {
		return nil, err
	}
	return append(make([]byte, 0, len(b)), b...), nil
}

// bytes takes a byte or text string, which may come in pieces. The result may
// lie in the body.
func (r *cborReader) bytes(major byte, wanted string) ([]byte, error) {
	if r.next()&0xe0 != major {
		return nil, r.unexpected(wanted)
	}
	_, n, err := r.head()
	if err != nil {
		return nil, err
	}
	if n != openEnd {
		return r.take(n)
	}
	var whole []byte
	for r.next() != cborBreak {
		if r.next()&0xe0 != major || r.next()&0x1f == cborIndefinite {
			return nil, r.unexpected("a piece of " + wanted)
		}
		_, n, err := r.head()
		if err != nil {
			return nil, err
		}
		piece, err := r.take(n)
		if err != nil {
			return nil, err
		}
		whole = append(whole, piece...)
	}
	return whole, r.breaks()
}

func (r *cborReader) take(n uint64) ([]byte, error) {
	if n > uint64(len(r.b)-r.at) {
		return nil, errCBOREnd
	}
	from := r.at
	r.at += int(n)
	return r.b[from:r.at:r.at], nil
}

// breaks takes the break that has been seen, unless it was the end.
func (r *cborReader) breaks() error {
	if r.at >= len(r.b) {
		return errCBOREnd
	}
	r.at++
	return nil
}

func (r *cborReader) integer() (int64, error) {
	switch r.next() & 0xe0 {
	case cborUint, cborNegative:
		major, n, err := r.head()
		if err != nil {
			return 0, err
		}
		if n > math.MaxInt64 {
			return 0, malformedf("A number is not an Integer")
		}
		if major == cborNegative {
			return -1 - int64(n), nil
		}
		return int64(n), nil
	case cborSimple:
		f, err := r.float()
		if err != nil {
			return 0, err
		}
		return wholeFloat(f)
	}
	return 0, r.unexpected("Integer")
}

func (r *cborReader) float() (float64, error) {
	first := r.next()
	if major := first & 0xe0; major == cborUint || major == cborNegative {
		major, n, err := r.head()
		if major == cborNegative {
			return -1 - float64(n), err
		}
		return float64(n), err
	}
	switch first {
	case cborFloat16, cborFloat32, cborFloat64:
	default:
		return 0, r.unexpected("Double")
	}
	_, n, err := r.head()
	switch first {
	case cborFloat16:
		return half(uint16(n)), err
	case cborFloat32:
		return float64(math.Float32frombits(uint32(n))), err
	}
	return math.Float64frombits(n), err
}

// half is a double of 16 bits: sign, 5 bits of exponent, 10 of fraction.
func half(bits uint16) float64 {
	fraction, exponent := float64(bits&0x3ff), int(bits>>10&0x1f)
	f := 0.0
	switch exponent {
	case 0:
		f = math.Ldexp(fraction, -24)
	case 31:
		if f = math.Inf(1); fraction != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(fraction+1024, exponent-25)
	}
	return math.Copysign(f, 1-2*float64(bits>>15))
}

func (r *cborReader) time() (time.Time, error) {
	if r.next()&0xe0 != cborTag {
		return time.Time{}, r.unexpected("Timestamp")
	}
	_, tag, err := r.head()
	if err != nil {
		return time.Time{}, err
	}
	if tag != tagEpoch {
		return time.Time{}, malformedf("A Timestamp has tag %d instead of 1", tag)
	}
	f, err := r.float()
	if err != nil {
		return time.Time{}, err
	}
	return epoch(f)
}

func (r *cborReader) open(major byte, wanted string) error {
	if r.next()&0xe0 != major {
		return r.unexpected(wanted)
	}
	if len(r.left) >= MaxDepth {
		return errTooDeep
	}
	_, n, err := r.head()
	if err != nil {
		return err
	}
	r.left = append(r.left, n)
	return nil
}

// more says whether what was opened last holds another item, and closes it if not.
func (r *cborReader) more() (bool, error) {
	last := len(r.left) - 1
	switch r.left[last] {
	case openEnd:
		if r.next() != cborBreak {
			return true, nil
		}
		r.left = r.left[:last]
		return false, r.breaks()
	case 0:
		r.left = r.left[:last]
		return false, nil
	}
	r.left[last]--
	return true, nil
}

func (r *cborReader) object() error          { return r.open(cborMap, "Structure") }
func (r *cborReader) mapping(Entry) error    { return r.open(cborMap, "Map") }
func (r *cborReader) array() error           { return r.open(cborArray, "List") }
func (r *cborReader) element() (bool, error) { return r.more() }

func (r *cborReader) member() ([]byte, bool, error) {
	ok, err := r.more()
	if err != nil || !ok {
		return nil, false, err
	}
	name, err := r.bytes(cborText, "a member's name")
	return name, err == nil, err
}

func (r *cborReader) key() (string, bool, error) {
	name, ok, err := r.member()
	if !utf8.Valid(name) {
		return "", false, malformedf("A key is not valid UTF-8")
	}
	return string(name), ok, err
}

func (r *cborReader) skip() (err error) {
	switch major := r.next() & 0xe0; major {
	case cborMap:
		return skipObject(r)
	case cborArray:
		return skipArray(r)
	case cborBytes, cborText:
		_, err = r.bytes(major, "String")
		return err
	case cborTag:
		// Tags of tags do not make the stack deeper.
		for r.next()&0xe0 == cborTag {
			if _, _, err := r.head(); err != nil {
				return err
			}
		}
		if len(r.left) >= MaxDepth {
			return errTooDeep
		}
		return r.skip()
	}
	if r.next() == cborBreak {
		return r.unexpected("anything")
	}
	_, _, err = r.head()
	return err
}
