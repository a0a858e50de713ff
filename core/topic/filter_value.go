package topic

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// A value is one element of a policy's list: what a leaf of the message, which
// is a text, number, true, false or null, is compared with.
type value interface {
	matches(leaf node) bool
}

type (
	equalText    string
	equalNumber  quantity
	equalLiteral string // true, false, null
	prefix       string
	suffix       string
	ignoreCase   string
	network      netip.Prefix
	// A numeric is a range; a bound that is not there is nil.
	numeric struct {
		above, below         *float64
		withAbove, withBelow bool // the bound itself belongs to the range
	}
	// An anythingBut matches every leaf that does not match one of its values.
	// Values of another type exclude nothing.
	anythingBut []value
	// An exists of false is for keys that are absent and matches no leaf; one of
	// true needs "a non-null and non-empty value". [SNS guide, key matching]
	exists bool
)

func (v equalText) matches(leaf node) bool { return leaf.kind == textKind && leaf.text == string(v) }

func (v equalLiteral) matches(leaf node) bool {
	return leaf.kind == literalKind && leaf.text == string(v)
}

func (v prefix) matches(leaf node) bool {
	return leaf.kind == textKind && strings.HasPrefix(leaf.text, string(v))
}

func (v suffix) matches(leaf node) bool {
	return leaf.kind == textKind && strings.HasSuffix(leaf.text, string(v))
}

func (v ignoreCase) matches(leaf node) bool {
	return leaf.kind == textKind && strings.EqualFold(leaf.text, string(v))
}

func (v equalNumber) matches(leaf node) bool {
	return leaf.kind == numberKind && quantity(v).equals(leaf.quantity())
}

func (v numeric) matches(leaf node) bool {
	q := leaf.quantity()
	switch {
	case leaf.kind != numberKind || !q.bounded:
		return false
	case v.above != nil && (q.size < *v.above || q.size == *v.above && !v.withAbove):
		return false
	case v.below != nil && (q.size > *v.below || q.size == *v.below && !v.withBelow):
		return false
	}
	return true
}

func (v network) matches(leaf node) bool {
	address, err := netip.ParseAddr(leaf.text)
	return leaf.kind == textKind && err == nil && netip.Prefix(v).Contains(address)
}

func (v anythingBut) matches(leaf node) bool {
	return !slices.ContainsFunc(v, func(excluded value) bool { return excluded.matches(leaf) })
}

func (v exists) matches(leaf node) bool { return bool(v) && !leaf.isNull() && leaf.text != "" }

// A quantity is a number as it is spelled and, when it lies within the bounds
// of filter policies, its size. Five digits after the point are exact in it.
type quantity struct {
	spelling string
	size     float64
	bounded  bool
}

func (n node) quantity() quantity { return quantity{n.text, n.size, !math.IsNaN(n.size)} }

// sizeOf is the size of a number, NaN when it is out of bounds or none at all.
func sizeOf(s string) float64 {
	if strings.Trim(s, "+-.0123456789eE") != "" {
		return math.NaN() // ParseFloat would take inf, 0x10 and 1_0 too
	}
	size, err := strconv.ParseFloat(s, 64)
	if err != nil || size < -maxNumber || size > maxNumber {
		return math.NaN()
	}
	return size
}

func (q quantity) equals(r quantity) bool {
	if q.bounded && r.bounded {
		return q.size == r.size
	}
	return q.spelling == r.spelling
}
