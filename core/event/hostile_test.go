package event

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// numbered is a record with an ID.
func numbered(id int) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","eventID":"%d","a":{"b":"]}"}}`, id)
}

// ids are the eventIDs of records.
func ids(records []string) string {
	var all []string
	for _, record := range records {
		Find([]byte(record), Members("eventID"), func(v Value) bool { all = append(all, string(v.Raw)); return false })
	}
	return strings.Join(all, " ")
}

func TestReaderKeepsGoodRecords(t *testing.T) {
	one, two, three := numbered(1), numbered(2), numbered(3)
	in := func(elements ...string) string { return `{"Records":[` + strings.Join(elements, ",") + `]}` }
	const stamp = "2023-07-10T11:42:18.123Z "
	deep := strings.Repeat("[", DefaultMaxDepth) + strings.Repeat("]", DefaultMaxDepth)
	lookup := func(rec string) string { return `{"EventId":"x","CloudTrailEvent":` + quoted(rec) + `}` }
	for name, c := range map[string]struct {
		text string
		ids  string
		errs []error // one for each problem
	}{
		"no colon":               {in(one, `{"eventVersion" "1"}`, two, three), "1 2 3", []error{ErrRecord}},
		"no comma":               {in(one, `{"eventVersion":"1" "x":1}`, two), "1 2", []error{ErrRecord}},
		"no value":               {in(one, `{"eventVersion":}`, two), "1 2", []error{ErrRecord}},
		"no end quote":           {in(one, `{"eventVersion":"1.08","eventID":"9","a":"x}`, two, three), "1 2 3", []error{ErrRecord}},
		"no end quote, nested":   {in(one, `{"eventVersion":"1.08","eventID":"9","x":{"b":"y}}`, two, three), "1 2 3", []error{ErrRecord}},
		"no end quote of a name": {in(one, `{"eventVersion":"1.08","eventID:"9"}`, two), "1 2", []error{ErrRecord}},
		"no closing brace":       {in(one, `{"eventVersion":"1.08","a":{"b":"c"}`, two, three), "1 2 3", []error{ErrRecord}},
		"too many braces":        {in(one, `{"eventVersion":"1.08"}}`, two, three), "1 2 3", []error{ErrRecord}},
		"other member first":     {in(one, `{"x" 1}`, `{"eventID":"5"}`, two), "1 5 2", []error{ErrRecord}},
		"not objects":            {in(one, `1`, `"x,{"`, `null`, `[{}]`, two), "1 2", []error{ErrRecord, ErrRecord, ErrRecord, ErrRecord}},
		"rubbish":                {in(one, `oops`, two), "1 2", []error{ErrRecord}},
		"NULs":                   {in(one, "\x00\x00", two, `{"eventVersion":"1`+"\x00"+`","eventID":"3"}`), "1 2 3", []error{ErrRecord}},
		"invalid UTF-8":          {in(one, "{\"eventVersion\":\"\xff\xfe\",\"eventID\":\"2\"}", three), "1 2 3", nil},
		"deep":                   {in(one, `{"eventVersion":`+deep+`}`, two), "1 2", []error{ErrRecord}},
		"deep, wanted":           {in(one, `{"a":`+deep+`}`, two), "1 2", []error{ErrRecord}},
		"large":                  {in(one, `{"eventVersion":"`+strings.Repeat("x", 3000)+`"}`, two), "1 2", []error{ErrLimit}},
		"large, nested":          {in(one, `{"eventVersion":[`+strings.Repeat(`{"a":1},`, 400)+`1]}`, two), "1 2", []error{ErrLimit}},
		"cut in a record":        {in(one, two)[:len(in(one, two))-10], "1", []error{ErrCut}},
		"cut after a record":     {in(one, two)[:len(in(one, two))-2], "1 2", []error{ErrCut}},
		"cut in the first":       {in(one)[:30], "", []error{ErrCut}},
		"bad line":               {one + "\n{\"eventVersion\":\"1.08\",\"a\":\"x}\n" + two + "\n" + three, "1 2 3", []error{ErrRecord}},
		"bad first line":         {"{\"a\" 1}\n" + two + "\n" + three, "2 3", []error{ErrRecord}},
		"text between lines":     {one + "\nnot JSON\n" + two + "\n", "1 2", []error{ErrRecord}},
		"bad last line":          {one + "\n{\"a\" 1}", "1", []error{ErrRecord}},
		"bad line of an export":  {stamp + one + "\n" + stamp + "{\"a\" 1}\n" + stamp + two + "\n" + stamp + "{\"a\":\"x}\n" + stamp + three, "1 2 3", []error{ErrRecord, ErrRecord}},
		"cut line of an export":  {stamp + one + "\n" + stamp + two[:20] + "\n" + stamp + three, "1 3", []error{ErrRecord}},
		"text in an export":      {stamp + one + "\n" + stamp + "START {\"\n" + stamp + two, "1 2", []error{ErrRecord}},
		"commas between lines":   {one + ",\n" + two + "," + three, "1 2 3", nil},
		"cut line":               {one + "\n" + two[:20] + "\n" + three, "1 3", []error{ErrRecord}},
		"cut last line":          {one + "\n" + two[:20], "1", []error{ErrCut}},
		"bad line, one string":   {`{"eventVersion":"1.08","a":"x` + "\n" + one + "\n" + two, "1 2", []error{ErrRecord}},
		"bad event":              {`{"Events":[` + lookup(one) + `,{"EventId" 1},` + lookup(two) + `]}`, "1 2", []error{ErrRecord}},
		"event is no object":     {`{"Events":[` + lookup(one) + `,` + lookup(`[]`) + `,` + lookup(two) + `]}`, "1 2", []error{ErrRecord}},
		"bad text in event":      {lookup(one) + "\n" + lookup(`{"eventVersion":`) + "\n" + lookup(two), "1 2", []error{ErrRecord}},
		"lists without end":      {one + strings.Repeat("[", 1000), "1", []error{ErrLimit}},
		"lists in lists":         {one + strings.Repeat(`[{"Records":`, 100), "1", []error{ErrCut}},
	} {
		for _, least := range []int{windowStart, 64} {
			r := tinyReader(least)
			r.options.MaxRecord = 2500
			got := readFrom(t, r, "file", strings.NewReader(c.text), []byte(c.text))
			ok := ids(got.records) == c.ids && len(got.problems) == len(c.errs)
			for i := range min(len(got.problems), len(c.errs)) {
				ok = ok && errors.Is(got.problems[i].Err, c.errs[i])
			}
			if !ok {
				t.Errorf("%s, window %d: got %s with %v\nwant %s with %v", name, least, ids(got.records), got.problems, c.ids, c.errs)
			}
		}
	}
}

func TestReaderGivesUp(t *testing.T) {
	rubbish := strings.Repeat(`{"a"b},`, 2*maxBad)
	for name, c := range map[string]struct{ text, ids, last string }{
		"mostly rubbish": {`{"Records":[` + rubbish + numbered(1) + `]}`, "", "given up"},
		"mostly good":    {`{"Records":[` + rubbish[:len(rubbish)/4] + numbered(1) + `]}`, "1", "problems more"},
	} {
		got := readFrom(t, NewReader(nil, Options{}), "file", strings.NewReader(c.text), nil)
		last := got.problems[len(got.problems)-1]
		if ids(got.records) != c.ids || len(got.problems) != MaxProblems+1 || !strings.Contains(last.String(), c.last) {
			t.Errorf("%s: records %s, %d problems, the last is %v", name, ids(got.records), len(got.problems), last)
		}
	}
}

func TestReaderGzipFaults(t *testing.T) {
	text := `{"Records":[` + numbered(1) + `,` + numbered(2) + `]}`
	whole := zip(text)
	flipped := []byte(whole)
	flipped[len(flipped)-6] ^= 1 // in the checksum
	for name, c := range map[string]struct {
		file string
		ids  string
		err  error
	}{
		"cut":              {whole[:len(whole)-20], "1", ErrCut},
		"cut at its end":   {whole[:len(whole)-4], "1 2", ErrCut},
		"rubbish after it": {whole + "rubbish rubbish", "1 2", ErrGzip},
		"zeros after it":   {whole + strings.Repeat("\x00", 512), "1 2", ErrGzip},
		"checksum":         {string(flipped), "1 2", ErrGzip},
		"header only":      {whole[:2], "", ErrCut},
		"no deflate":       {"\x1f\x8b\x07\x00xxxxxxxxxxxxxxxx", "", ErrGzip},
	} {
		r := NewReader(nil, Options{})
		got := readFrom(t, r, "file", strings.NewReader(c.file), nil)
		if len(got.problems) != 1 || !errors.Is(got.problems[0].Err, c.err) || got.err != nil {
			t.Errorf("%s: %v, %v; want one %v", name, got.problems, got.err, c.err)
		}
		if !strings.HasPrefix(c.ids, ids(got.records)) || name != "cut" && ids(got.records) != c.ids {
			t.Errorf("%s: records %s, want %s", name, ids(got.records), c.ids)
		}
	}
}

func TestReaderSourceError(t *testing.T) {
	text := `{"Records":[` + numbered(1) + `,` + numbered(2)
	broken := errors.New("the disk is gone")
	for _, file := range []string{text, zip(text), "", "\x1f"} {
		src := io.MultiReader(strings.NewReader(file), iotest.ErrReader(broken))
		got := readFrom(t, tinyReader(64), "file", src, nil)
		if got.err != broken || len(got.problems) != 1 || !errors.Is(got.problems[0].Err, broken) {
			t.Errorf("%.20q: %v, %v; want the error once in each", file, got.err, got.problems)
		}
		if want := "1 2"; len(file) > 1 && ids(got.records) != want {
			t.Errorf("%.20q: records %s, want %s", file, ids(got.records), want)
		}
	}
	got := readFrom(t, tinyReader(64), "file", idle{}, nil)
	if got.err != io.ErrNoProgress {
		t.Errorf("a source that gives nothing: %v", got.err)
	}
}

// idle is a source that gives nothing and does not end.
type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

// bomb is a gzip file of a log file that goes on for n spaces.
func bomb(t *testing.T, n int) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	spaces := bytes.Repeat([]byte(" "), 1<<20)
	io.WriteString(z, `{"Records":[`+numbered(1)+`,`)
	for ; n > 0; n -= len(spaces) {
		z.Write(spaces)
	}
	io.WriteString(z, numbered(2)+`]}`)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReaderBombs(t *testing.T) {
	file := bomb(t, 2*bombFrom)
	for name, c := range map[string]struct {
		options Options
		ids     string
		errs    int
	}{
		"ratio":       {Options{}, "1", 1},
		"size":        {Options{MaxFile: 1 << 20, MaxRatio: 1 << 30}, "1", 1},
		"both let by": {Options{MaxRatio: 1 << 30}, "1 2", 0},
	} {
		r := NewReader(nil, c.options)
		got := readFrom(t, r, "file", bytes.NewReader(file), nil)
		if ids(got.records) != c.ids || len(got.problems) != c.errs {
			t.Errorf("%s: records %s with %v, want %s", name, ids(got.records), got.problems, c.ids)
		}
		for _, p := range got.problems {
			if !errors.Is(p.Err, ErrLimit) {
				t.Errorf("%s: %v", name, p)
			}
		}
		if len(r.buf) > windowStart {
			t.Errorf("%s: %d bytes held", name, len(r.buf))
		}
	}
}

// A file of 46 kB with 15 million empty records made three gigabytes of what is
// kept beside each.
func TestReaderGivesUpCrumbs(t *testing.T) {
	crumbs := `{"Records":[` + strings.Repeat(`{},`, 4*FewRecords) + numbered(1) + `]}`
	small := `{"Records":[` + strings.Repeat(strings.Repeat(" ", MinRecord)+`{},`, 2*FewRecords) + numbered(1) + `]}`
	for name, c := range map[string]struct {
		text string
		most int
		err  error
	}{
		"crumbs":       {crumbs, FewRecords + FewRecords/16, ErrLimit},
		"few crumbs":   {`{"Records":[` + strings.Repeat(`{},`, FewRecords) + `]}`, FewRecords, nil},
		"large enough": {small, 2*FewRecords + 1, nil},
	} {
		r := NewReader(nil, Options{})
		r.Reset(name, strings.NewReader(c.text))
		n := 0
		for {
			_, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		var err error
		if p := r.Problems(); len(p) > 0 {
			err = p[0].Err
		}
		if n > c.most || n < FewRecords || c.err == nil && n != c.most || !errors.Is(err, c.err) {
			t.Errorf("%s: %d records, %v", name, n, err)
		}
	}
}

// TestReaderIsLinear reads files that make a careless reader look at the same
// text again and again. It counts what was looked at in vain, not time.
func TestReaderIsLinear(t *testing.T) {
	const size = 1 << 20
	fill := func(start, piece string) string { return start + strings.Repeat(piece, size/len(piece)) }
	for name, text := range map[string]string{
		"open objects":  fill(`{"Records":[`, `{"eventVersion":{`),
		"open lists":    fill(`{"Records":[`, `{"eventVersion":[`),
		"starts":        fill(`{"Records":[`, `,{"eventVersion"`),
		"bad objects":   fill(`{"Records":[`, `,{"a"b}`),
		"siblings":      fill(`{"Records":[{"a":[`, `{"eventVersion":{"x":[`) + fill("", `]}}`),
		"quotes":        fill(`{"Records":[`, `,{"eventVersion":"`),
		"lines":         fill("{}\n", "{\"a\"b}\n"),
		"open lines":    fill("{}\n", "{\"a\":[\n"),
		"scalars":       fill(`{"Records":[`, `1,`),
		"open messages": fill(`{"logEvents":[`, "{\"message\":[\n"),
	} {
		r := NewReader(nil, Options{MaxRecord: size / 8})
		r.least = 4096
		got := readFrom(t, r, "file", strings.NewReader(text), nil)
		if len(got.problems) == 0 || len(got.problems) > MaxProblems+1 {
			t.Errorf("%s: %d problems", name, len(got.problems))
		}
		held := cap(r.buf) + cap(r.scratch) + 32*(cap(r.walk.marks)+cap(r.inner.walk.marks))
		if limit := 5*r.options.MaxRecord + windowStart; held > limit {
			t.Errorf("%s: %d bytes held, want at most %d", name, held, limit)
		}
		if r.rework > maxRework+2*int64(len(text)) {
			t.Errorf("%s: %d bytes looked at again, of %d", name, r.rework, len(text))
		}
	}
}
