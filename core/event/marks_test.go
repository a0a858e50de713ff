package event

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// plainMarks makes marks byte by byte.
func plainMarks(text []byte) []mark {
	marks := make([]mark, len(text)/block)
	inside, escaped := false, false
	for i, c := range text {
		m, bit := &marks[i/block], uint64(1)<<(i%block)
		if c == '\\' {
			m.slash |= bit
		}
		switch {
		case escaped:
			escaped = false
			if !inside && (c == '{' || c == '[') {
				m.open |= bit
			}
			if !inside && (c == '}' || c == ']') {
				m.shut |= bit
			}
		case c == '\\':
			escaped = true
		case c == '"':
			m.quote |= bit
			inside = !inside
		case !inside && (c == '{' || c == '['):
			m.open |= bit
		case !inside && (c == '}' || c == ']'):
			m.shut |= bit
		}
	}
	return marks
}

// checkMarks compares both ways of marking with the plain one, in pieces of a
// few blocks so that what is carried between them counts.
func checkMarks(t *testing.T, text []byte) {
	t.Helper()
	for len(text)%block != 0 {
		text = append(text, ' ')
	}
	want := plainMarks(text)
	for name, by := range map[string]func([]mark, []byte, *carry){"Go": markBlocksGo, "this machine's": markBlocks} {
		for _, piece := range []int{1, 3, len(want)} {
			got := make([]mark, len(want))
			var c carry
			for i := 0; i < len(got); i += piece {
				n := min(i+piece, len(got))
				by(got[i:n], text[i*block:], &c)
			}
			for i := range got {
				if got[i] != want[i] {
					t.Fatalf("%s marks of block %d, %d at a time:\n%x, want\n%x\n%q", name, i, piece, got[i], want[i], text[i*block:i*block+block])
				}
			}
		}
	}
}

func TestMarks(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const letters = `""\\\{}[]:,ax` + "\x00\x7f\x80\xa2\xdc\xfb\xfd\xff\x02\x03\x21\x23\x5a\x5c\x5e\x7a\x7c\x7e"
	for range 3000 {
		text := make([]byte, random.IntN(700))
		// Some texts are mostly of one letter, for long runs of backslashes and the like.
		few := 1 + random.IntN(len(letters))
		for i := range text {
			text[i] = letters[random.IntN(few)]
			if random.IntN(4) == 0 {
				text[i] = '\\'
			}
		}
		checkMarks(t, text)
	}
	for n := range 200 {
		checkMarks(t, append(append([]byte(`{"`), bytes.Repeat([]byte(`\`), n)...), `"{}"`...))
	}
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	checkMarks(t, every)
}

func FuzzMarks(f *testing.F) {
	for _, record := range testRecords {
		f.Add([]byte(record))
	}
	f.Fuzz(checkMarks)
}
