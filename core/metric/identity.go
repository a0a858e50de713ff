package metric

import (
	"slices"
	"strconv"
	"strings"
)

// A Dimension is one name and value that is part of a metric's identity.
type Dimension struct {
	Name, Value string
}

// An Identity is what tells one metric from another: namespace, name and the
// exact set of dimensions. Nothing is rolled up across dimensions: a metric with
// dimensions and the one of the same name without are strangers. The unit is
// not part of it.
type Identity struct {
	Namespace, Name string
	// Dimensions are sorted by name; NewIdentity sees to it.
	Dimensions []Dimension
}

// NewIdentity is the metric with these dimensions, in whatever order they are
// given. It keeps its own copy of them.
func NewIdentity(namespace, name string, dimensions ...Dimension) Identity {
	sorted := slices.Clone(dimensions)
	slices.SortFunc(sorted, func(a, b Dimension) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.Value, b.Value)
	})
	return Identity{Namespace: namespace, Name: name, Dimensions: sorted}
}

// Key is a text that two identities share exactly when they are the same
// metric. Its parts carry their lengths, so that no separator can be forged
// from a dimension that an event's author chose.
func (id Identity) Key() string {
	b := make([]byte, 0, 64)
	b = appendPart(b, id.Namespace)
	b = appendPart(b, id.Name)
	for _, d := range id.Dimensions {
		b = appendPart(b, d.Name)
		b = appendPart(b, d.Value)
	}
	return string(b)
}

func appendPart(b []byte, part string) []byte {
	b = strconv.AppendInt(b, int64(len(part)), 10)
	b = append(b, ':')
	return append(b, part...)
}

// Equal tells whether both are the same metric.
func (id Identity) Equal(other Identity) bool {
	return id.Namespace == other.Namespace && id.Name == other.Name && slices.Equal(id.Dimensions, other.Dimensions)
}

// String is for people: CISBenchmark/RootUsage{Account=1,Region=2}.
func (id Identity) String() string {
	var b strings.Builder
	b.WriteString(id.Namespace)
	b.WriteByte('/')
	b.WriteString(id.Name)
	for i, d := range id.Dimensions {
		b.WriteByte("{,"[min(i, 1)])
		b.WriteString(d.Name)
		b.WriteByte('=')
		b.WriteString(d.Value)
	}
	if len(id.Dimensions) > 0 {
		b.WriteByte('}')
	}
	return b.String()
}
