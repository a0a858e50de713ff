package pattern

import (
	"slices"
	"testing"
)

func TestNeededTexts(t *testing.T) {
	for _, c := range []struct {
		regex string
		want  []string
	}{
		{`abc`, []string{"abc"}},
		{`^a.bcd.?ef$`, []string{"bcd"}},
		{`role/x-[0-9]+/s\.t$`, []string{"role/x-"}},
		{`gray|grey`, []string{"gr"}},
		{`cat|dog|x?fish`, []string{"cat", "dog", "fish"}},
		{`cat|[0-9]`, nil},
		{`ab+c`, []string{"a"}},
		{`a{2,}`, []string{"a"}},
		{`a{,3}`, nil},
		{`x*y?z`, []string{"z"}},
		{`[xX]|\d+|^$`, nil},
		{`\x21\x25`, []string{"!%"}},
	} {
		r, err := compileRegexp(c.regex)
		if err != nil {
			t.Fatal(err)
		}
		if got := needed(r); !slices.Equal(got, c.want) {
			t.Errorf("%s needs %q, want %q", c.regex, got, c.want)
		}
	}
}
