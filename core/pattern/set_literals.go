package pattern

import (
	"bytes"
	"sort"
)

// literals finds which of many texts occur in another one. It is the automaton
// of Aho and Corasick: time linear in the text searched, whatever the texts are
// and however they overlap, so that neither a large set of patterns nor a
// hostile event can make it slow.
//
// A state stands for the longest beginning of one of the texts that the bytes
// read so far end with. Most bytes are read at the root, where no text has begun:
// there, two bytes at a time are asked whether they begin one. The
// other states, of which most have one edge, share one array of edges; the whole
// takes some 30 bytes for each byte of the texts.
//
// Few texts are looked for one by one, which is quicker.
type literals struct {
	texts  []string
	begin  *[1 << 16 / 64]uint64 // by two bytes: whether a text begins so
	root   *[256]int32           // by byte: the state after it
	states []state
	labels []byte  // of the edges, those of a state ascending
	heads  []int32 // of the edges: the state that each leads to
}

type state struct {
	first, end int32 // its edges
	fail       int32 // the state of the next shorter beginning
	ends       int32 // the text that ends here, -1: none
	out        int32 // the nearest state from here on along fail at which a text ends; 0: none
}

// add takes one more text in, which must not be empty nor there already.
// Texts are numbered in the order of their coming.
func (l *literals) add(text string) { l.texts = append(l.texts, text) }

// fewTexts are looked for one by one.
const fewTexts = 4

// finish builds the automaton, after the last add.
func (l *literals) finish() {
	if len(l.texts) <= fewTexts {
		return
	}
	l.begin, l.root = new([1 << 16 / 64]uint64), new([256]int32)
	for _, text := range l.texts {
		if len(text) > 1 {
			l.begins(text[0], text[1])
			continue
		}
		for c := range 256 {
			l.begins(text[0], byte(c))
		}
	}
	l.grow()
	l.link()
}

// grow builds the tree of all beginnings, breadth first, by cutting the sorted
// texts into ever smaller ranges with the same beginning.
func (l *literals) grow() {
	order := make([]int, len(l.texts))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(i, j int) bool { return l.texts[order[i]] < l.texts[order[j]] })

	type alike struct{ from, to, length int } // order[from:to] share their first length bytes
	queue := []alike{{0, len(order), 0}}
	for at := 0; at < len(queue); at++ {
		q := queue[at]
		st := state{first: int32(len(l.labels)), ends: -1}
		if len(l.texts[order[q.from]]) == q.length {
			st.ends = int32(order[q.from])
			q.from++
		}
		for q.from < q.to {
			label := l.texts[order[q.from]][q.length]
			to := q.from + 1
			for to < q.to && l.texts[order[to]][q.length] == label {
				to++
			}
			l.labels = append(l.labels, label)
			l.heads = append(l.heads, int32(len(queue)))
			queue = append(queue, alike{q.from, to, q.length + 1})
			q.from = to
		}
		st.end = int32(len(l.labels))
		l.states = append(l.states, st)
	}
}

// link sets fail and out. Both lead to shorter beginnings, which stand earlier.
func (l *literals) link() {
	for i := l.states[0].first; i < l.states[0].end; i++ {
		l.root[l.labels[i]] = l.heads[i]
	}
	for s := range l.states {
		st := &l.states[s]
		st.out = l.states[st.fail].out
		if st.ends >= 0 {
			st.out = int32(s)
		}
		if s == 0 {
			continue
		}
		for i := st.first; i < st.end; i++ {
			l.states[l.heads[i]].fail = l.next(st.fail, l.labels[i])
		}
	}
}

func (l *literals) begins(a, b byte) { l.begin[int(a)<<2|int(b)>>6] |= 1 << (b & 63) }

// skip is the first place at or after i where a text may begin.
func (l *literals) skip(text []byte, i int) int {
	for ; i+1 < len(text); i++ {
		if l.begin[int(text[i])<<2|int(text[i+1])>>6]>>(text[i+1]&63)&1 != 0 {
			break
		}
	}
	return i
}

// next is the state after one more byte.
func (l *literals) next(s int32, c byte) int32 {
	for s != 0 {
		st := &l.states[s]
		if i := bytes.IndexByte(l.labels[st.first:st.end], c); i >= 0 {
			return l.heads[st.first+int32(i)]
		}
		s = st.fail
	}
	return l.root[c]
}

// A finder is what one search of literals needs room for.
type finder struct {
	seen  []bool  // by text; all false between searches
	found []int32 // of the last search
}

// find gives the numbers of the texts that occur in text, each once, in no
// particular order. The result is good until the next call.
func (f *finder) find(l *literals, text []byte) []int32 {
	f.found = f.found[:0]
	if len(l.texts) <= fewTexts {
		for i, t := range l.texts {
			if bytes.Contains(text, []byte(t)) {
				f.found = append(f.found, int32(i))
			}
		}
		return f.found
	}
	if len(f.seen) < len(l.texts) {
		f.seen = make([]bool, len(l.texts))
	}
	s := int32(0)
	for i := 0; i < len(text); i++ {
		if s == 0 {
			i = l.skip(text, i)
		}
		s = l.next(s, text[i])
		// Where a text was seen before, those that end together with it were too.
		for at := l.states[s].out; at != 0 && !f.seen[l.states[at].ends]; at = l.states[l.states[at].fail].out {
			f.seen[l.states[at].ends] = true
			f.found = append(f.found, l.states[at].ends)
		}
	}
	for _, i := range f.found {
		f.seen[i] = false
	}
	return f.found
}
