package pattern

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Text prints the explanation for a terminal, a line for each term: its truth,
// the term, what was found. With ascii it uses no other characters itself.
//
// Of many false alternatives on one field the text shows a few, those of the
// nearest miss among them; the JSON form has them all.
func (e Explanation) Text(ascii bool) string {
	t := explanationText{ascii: ascii, near: map[*Judgement]bool{}}
	for _, j := range e.NearestMiss {
		t.near[j] = true
	}
	if e.Matched {
		t.line(0, "matches")
	} else {
		t.line(0, "does not match")
	}
	if e.Reason != "" {
		t.line(1, e.Reason)
	}
	if e.Root == nil {
		return t.b.String()
	}
	t.width = min(t.widest(e.Root, 0), widestTerm)
	t.judgement(e.Root, 0)
	if len(e.NearestMiss) > 0 && e.Reason == "" && len(e.Root.Nodes) > 1 {
		t.line(0, fmt.Sprintf("nearest miss: %s would have to hold", plural(len(e.NearestMiss), "more term")))
		for _, j := range e.NearestMiss {
			t.line(1, j.Text+dash(ascii)+because(j))
		}
	}
	return t.b.String()
}

const (
	widestTerm = 60 // characters, up to which the grounds stand in a column of their own
	shownFalse = 3  // alternatives in a row that are false for the same field
)

type explanationText struct {
	b     strings.Builder
	ascii bool
	near  map[*Judgement]bool
	width int
}

func (t *explanationText) line(depth int, text string) {
	t.b.WriteString(strings.Repeat("  ", depth))
	t.b.WriteString(strings.TrimRight(text, " "))
	t.b.WriteByte('\n')
}

func (t *explanationText) mark(j *Judgement) string {
	marks := [3]string{"✓ ", "✗ ", "· "}
	if t.ascii {
		marks = [3]string{"yes ", "no  ", "-   "}
	}
	switch {
	case j.Ignored:
		return marks[2]
	case j.True:
		return marks[0]
	}
	return marks[1]
}

func dash(ascii bool) string {
	if ascii {
		return " - "
	}
	return " — "
}

func because(j *Judgement) string {
	if j.Hint == "" {
		return j.Why
	}
	if j.Why == "" {
		return j.Hint
	}
	return j.Why + " (" + j.Hint + ")"
}

func (t *explanationText) judgement(j *Judgement, depth int) {
	switch j.Kind {
	case JudgeAny:
		t.line(depth, t.mark(j)+"any of these")
	case JudgeAll:
		t.line(depth, t.mark(j)+"all of these")
	default:
		pad := max(t.width-2*depth-utf8.RuneCountInString(j.Text), 0)
		t.line(depth, t.mark(j)+j.Text+strings.Repeat(" ", pad)+"  "+because(j))
	}
	for i := 0; i < len(j.Nodes); i++ {
		alike := t.alike(j, i)
		if alike <= shownFalse+1 {
			t.judgement(j.Nodes[i], depth+1)
			continue
		}
		hidden := 0
		for k, n := range j.Nodes[i : i+alike] {
			if k < shownFalse || t.near[n] {
				t.judgement(n, depth+1)
			} else {
				hidden++
			}
		}
		if hidden > 0 {
			t.line(depth+1, t.mark(j.Nodes[i])+fmt.Sprintf("and %d more like these", hidden))
		}
		i += alike - 1
	}
}

// alike counts the nodes from i on that are false alternatives for the same reason.
func (t *explanationText) alike(j *Judgement, i int) int {
	n := 0
	for n < len(j.Nodes)-i && j.Kind == JudgeAny {
		k := j.Nodes[i+n]
		if k.Kind != JudgeComparison || k.True || k.Why != j.Nodes[i].Why || k.selector != j.Nodes[i].selector {
			break
		}
		n++
	}
	return n
}

// widest is how wide the widest term is, its indentation included.
func (t *explanationText) widest(j *Judgement, depth int) int {
	width := 0
	if j.Kind != JudgeAny && j.Kind != JudgeAll {
		width = 2*depth + utf8.RuneCountInString(j.Text)
	}
	for _, n := range j.Nodes {
		if w := t.widest(n, depth+1); w <= widestTerm {
			width = max(width, w)
		}
	}
	return width
}
