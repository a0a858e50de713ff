package expression

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"tocsin/core/metric"
)

var noon = time.Date(2026, 9, 14, 12, 0, 0, 0, time.UTC).UnixMilli()

// stat is a metric that is read each minute.
func stat(name string) *Stat {
	return &Stat{Metric: metric.NewIdentity("Test", name), Statistic: metric.MustStatistic("Sum"), Period: time.Minute}
}

// values are points in consecutive minutes; _ is none.
func values(t *testing.T, text string) []Point {
	var out []Point
	for i, field := range strings.Fields(text) {
		if field == "_" {
			continue
		}
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, Point{noon + int64(i)*60_000, v})
	}
	return out
}

// show is values the other way round.
func show(s Series, r Range) string {
	var fields []string
	for at := r.Start; at < r.End; at += 60_000 {
		if v, ok := s.at(at); ok {
			fields = append(fields, strconv.FormatFloat(v, 'f', -1, 64))
		} else {
			fields = append(fields, "_")
		}
	}
	return strings.Join(fields, " ")
}

// reader reads series by the names of their metrics.
func reader(series map[string][]Point) Reader {
	return Reader{Series: func(s Stat, _ Range) (Series, []Message, error) {
		return Series{Points: series[s.Metric.Name]}, nil, nil
	}}
}

// TestFunctions is testdata/functions.txt.
func TestFunctions(t *testing.T) {
	text, err := os.ReadFile("testdata/functions.txt")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	series := map[string][]Point{}
	used := map[string]bool{}
	minutes, fresh := 0, true
	metricLine := regexp.MustCompile(`^(m\d) = (.*)$`)
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimRight(line, "\n")
		if line == "" {
			fresh = true
		}
		if line == "" || line[0] == '#' {
			continue
		}
		if m := metricLine.FindStringSubmatch(line); m != nil {
			if fresh {
				ids, fresh, series = nil, false, map[string][]Point{}
			}
			ids, series[m[1]], minutes = append(ids, m[1]), values(t, m[2]), len(strings.Fields(m[2]))
			continue
		}
		text, want, ok := strings.Cut(line, " =>")
		if !ok {
			t.Fatalf("line %d: %q", number, line)
		}
		t.Run(fmt.Sprintf("line %d: %s", number, text), func(t *testing.T) {
			got := answer(text, ids, series, Range{Start: noon, End: noon + int64(minutes)*60_000})
			if got != strings.TrimPrefix(want, " ") {
				t.Errorf("got  %s\nwant%s", got, want)
			}
			if e, err := Parse(text); err == nil {
				e.walk(func(n Node) {
					if c, ok := n.(*Call); ok {
						used[c.Name] = true
					}
				})
			}
		})
	}
	for name := range functions {
		if !used[name] {
			t.Errorf("no line uses %s", name)
		}
	}
}

// answer is what an expression over metrics comes to.
func answer(text string, ids []string, series map[string][]Point, r Range) string {
	queries := []Query{{ID: "e", Expression: text}}
	for _, id := range ids {
		queries = append(queries, Query{ID: id, Stat: stat(id), Hidden: true})
	}
	set, err := NewSet(queries)
	if err != nil {
		return "! " + strings.TrimPrefix(err.Error(), "Error in expression 'e': ")
	}
	results, err := set.Evaluate(Request{Range: r, Reader: reader(series)})
	if err != nil {
		return "! " + err.Error()
	}
	var out []string
	for _, each := range results {
		out = append(out, show(each.Series, r))
	}
	return strings.Join(out, " | ")
}
