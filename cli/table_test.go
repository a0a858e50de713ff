package cli

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	columns := []column{
		{title: "name", min: 6, middle: true},
		{title: "n", right: true},
		{title: "place", spare: 1},
		{title: "why", min: 5},
	}
	rows := [][]string{
		{"user/alexandra", "1,234", "eu-west-1", "because of the rain"},
		{"root", "7", "", ""},
		{"日本語", "12", "us-east-1", "sun"},
	}
	for _, row := range []struct {
		width int
		want  string
	}{
		{0, `
name                n  place      why
user/alexandra  1,234  eu-west-1  because of the rain
root                7
日本語             12  us-east-1  sun
`},
		{40, `
name            n  place      why
user…andra  1,234  eu-west-1  because o…
root            7
日本語         12  us-east-1  sun
`},
		{25, `
name          n  why
use…ndra  1,234  because…
root          7
日本語       12  sun
`},
		{5, `
name        n  why
us…dra  1,234  beca…
root        7
日本語     12  sun
`},
	} {
		l := fit(columns, rows, row.width)
		lines := []string{"", l.titles()}
		for _, r := range rows {
			lines = append(lines, l.line(r, true))
		}
		if got := strings.Join(lines, "\n") + "\n"; got != row.want {
			t.Errorf("in %d columns:\n%s\nwant\n%s", row.width, got, row.want)
		}
	}
	if got := fit(columns, rows, 25).leftOut(); len(got) != 1 || got[0] != "place" {
		t.Errorf("left out %v, want place", got)
	}
}
