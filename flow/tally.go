package flow

import (
	"cmp"
	"slices"
)

// maxDistinct bounds how many different values a tally keeps apart, so that
// made-up values cannot fill the memory. When there are more, the rarer half is
// forgotten: who comes often is listed however many others came before, with a
// count that may lack what was forgotten.
const maxDistinct = 4096

// A tally counts how often each value occurred.
type tally struct {
	counts map[string]*int64
}

// add counts one value; the empty one, a field that is not there, is not counted.
func (t *tally) add(value []byte) {
	if len(value) == 0 {
		return
	}
	if n := t.counts[string(value)]; n != nil { // this look-up allocates nothing
		*n++
		return
	}
	t.put(string(value), 1)
}

func (t *tally) put(value string, n int64) {
	if have := t.counts[value]; have != nil {
		*have += n
		return
	}
	if t.counts == nil {
		t.counts = make(map[string]*int64)
	}
	if len(t.counts) == maxDistinct {
		for _, rare := range t.sorted()[maxDistinct/2:] {
			delete(t.counts, rare.Value)
		}
	}
	t.counts[value] = &n
}

// merge adds all that other counted.
func (t *tally) merge(other *tally) {
	for value, n := range other.counts {
		t.put(value, *n)
	}
}

// top is the most frequent values, at most MaxTop.
func (t *tally) top() []Count {
	all := t.sorted()
	return all[:min(len(all), MaxTop)]
}

// sorted is all values, the most frequent first, ties in the order of the values.
func (t *tally) sorted() []Count {
	all := make([]Count, 0, len(t.counts))
	for value, n := range t.counts {
		all = append(all, Count{Value: value, Count: *n})
	}
	slices.SortFunc(all, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return all
}
