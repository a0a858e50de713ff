package pattern

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func syntaxError(t *testing.T, pattern string) *SyntaxError {
	t.Helper()
	_, err := Parse(pattern)
	var e *SyntaxError
	if !errors.As(err, &e) {
		t.Fatalf("%q is accepted, or fails otherwise: %v", pattern, err)
	}
	return e
}

// TestErrors reads testdata/errors.txt, where each case is AWS's message and our
// three lines, of which the second shows the pattern itself.
func TestErrors(t *testing.T) {
	raw, err := os.ReadFile("testdata/errors.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases := 0
	for _, block := range strings.Split(strings.TrimSpace(string(raw)), "\n\n") {
		if strings.HasPrefix(block, "#") {
			continue
		}
		message, want, _ := strings.Cut(block, "\n")
		lines := strings.Split(want, "\n")
		if len(lines) != 3 {
			t.Fatalf("a case has %d lines:\n%s", len(lines)+1, block)
		}
		cases++
		pattern := strings.TrimPrefix(lines[1], "  ")
		t.Run(pattern, func(t *testing.T) {
			e := syntaxError(t, pattern)
			if got := "aws: " + e.Message; got != message {
				t.Errorf("%s, want %s", got, message)
			}
			if got := e.Error(); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
	if cases < 100 {
		t.Errorf("only %d cases", cases)
	}
}

func TestErrorInSecondLine(t *testing.T) {
	got := syntaxError(t, "{ ($.a = 1) ||\r\n\t($.b = ) ||\n  ($.c = 3) }").Error()
	want := "pattern:2:9: expected a value after \"=\"\n  \t($.b = ) ||\n  \t       ^"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestErrorColumnCountsCharacters(t *testing.T) {
	got := syntaxError(t, `{ $.a = "größer" && $.b }`).Error()
	want := "pattern:1:25: expected an operator: = != < <= > >=, IS NULL, IS TRUE, IS FALSE or NOT EXISTS\n" +
		"  { $.a = \"größer\" && $.b }\n" +
		"                          ^"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestErrorInvisible(t *testing.T) {
	for _, c := range []string{"\u00a0", "\u200b", "\ufeff", "\u2028"} {
		if e := syntaxError(t, "{ $.a ="+c+"1 }"); e.Pos != 7 || !strings.Contains(e.Expected, "invisible") {
			t.Errorf("%+q: %v", c, e)
		}
	}
}

func TestErrorInLongLine(t *testing.T) {
	long := "{ " + strings.Repeat("$.eventName = X || ", 20) + "$.a = || " + strings.Repeat("$.eventName = X || ", 20) + "$.b = 1 }"
	lines := strings.Split(syntaxError(t, long).Error(), "\n")
	if len(lines) != 3 || len(lines[1]) > 140 {
		t.Fatalf("the error has long lines:\n%s", strings.Join(lines, "\n"))
	}
	if caret := strings.Index(lines[2], "^"); !strings.HasPrefix(lines[1][caret:], "|| $.event") {
		t.Errorf("the caret is in the wrong place:\n%s\n%s", lines[1], lines[2])
	}
}

func TestErrorTooLong(t *testing.T) {
	fits := strings.Repeat("é", MaxLength-2)
	if _, err := Parse(`"` + fits + `"`); err != nil {
		t.Errorf("a pattern of %d characters: %v", MaxLength, err)
	}
	long := `"` + fits + `."`
	want := "1 validation error detected: Value '" + long + "' at 'filterPattern' failed to satisfy constraint: Member must have length less than or equal to 1024"
	if e := syntaxError(t, long); e.Message != want || len(e.Pattern)-e.Pos != 1 {
		t.Errorf("message %q at byte %d of %d", e.Message, e.Pos, len(e.Pattern))
	}
}

func TestErrorNotUTF8(t *testing.T) {
	if e := syntaxError(t, "{ $.a = \"\xff\" }"); e.Pos != 9 {
		t.Errorf("at byte %d: %v", e.Pos, e)
	}
	if _, err := Parse("\"\uFFFD\""); err != nil {
		t.Errorf("the replacement character itself: %v", err)
	}
}
