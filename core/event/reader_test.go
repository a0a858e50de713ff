package event

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

const (
	rec1 = `{"eventVersion":"1.08","eventID":"1","a":{"b":"]}"}}`
	rec2 = `{"eventVersion":"1.08","eventID":"2","a":["\"{"]}`
	rec3 = "{\n  \"eventVersion\": \"1.08\",\n  \"eventID\": \"3\"\n}"
	bare = `{"eventName":"x","eventID":"4"}`
)

// A reading is what came out of a file.
type reading struct {
	records  []string
	offsets  []int64
	shape    Shape
	problems []Problem
	err      error
}

// readFrom reads a whole file. Records found outside of strings must stand in
// text at their offsets; text may be nil.
func readFrom(t *testing.T, r *Reader, name string, src io.Reader, text []byte) reading {
	t.Helper()
	var got reading
	r.Reset(name, src)
	for {
		rec, err := r.Next()
		if err != nil {
			if err != io.EOF {
				got.err = err
			}
			break
		}
		if text != nil && !bytes.HasPrefix(text[rec.Offset:], rec.Raw) && text[rec.Offset] != '{' {
			t.Errorf("record %.60s is not at offset %d", rec.Raw, rec.Offset)
		}
		if len(rec.Values) > 0 && json.Valid(rec.Raw) {
			var id Value
			Find(rec.Raw, Members("eventID"), func(v Value) bool { id = v; return false })
			if !bytes.Equal(id.Raw, rec.Values[0].Raw) {
				t.Errorf("eventID %q of %.60s", rec.Values[0].Raw, rec.Raw)
			}
		}
		got.records = append(got.records, string(rec.Raw))
		got.offsets = append(got.offsets, rec.Offset)
	}
	if _, err := r.Next(); err == nil {
		t.Error("a record after the end")
	}
	got.shape, got.problems = r.Shape(), r.Problems()
	return got
}

// tinyReader is a Reader with so small a window that everything gets cut by it.
func tinyReader(least int) *Reader {
	r := NewReader(NewFields(Members("eventID"), Members("a", "b")), Options{})
	r.least = least
	return r
}

func zip(texts ...string) string {
	var b bytes.Buffer
	for _, text := range texts {
		z := gzip.NewWriter(&b)
		z.Write([]byte(text))
		z.Close()
	}
	return b.String()
}

// quoted is text as a JSON string.
func quoted(text string) string {
	return fmt.Sprintf(`"%s"`, strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text))
}

func TestReaderShapes(t *testing.T) {
	lookup := func(rec string) string {
		return `{"EventId":"1","Resources":[{}],"CloudTrailEvent":` + quoted(rec) + `}`
	}
	bridge := func(rec string) string {
		return `{"version":"0","resources":[],"detail":` + rec + `,"source":"aws.s3"}`
	}
	signal := func(recs ...string) string {
		var b strings.Builder
		for i, rec := range recs {
			fmt.Fprintf(&b, `%s{"id":"%d","timestamp":1,"message":%s}`, strings.Repeat(",", min(i, 1)), i, quoted(rec))
		}
		return `{"messageType":"DATA_MESSAGE","subscriptionFilters":["f"],"logEvents":[` + b.String() + `],"owner":"1"}`
	}
	both, all := []string{rec1, rec2}, []string{rec1, rec2, rec3}
	for name, c := range map[string]struct {
		text    string
		shape   Shape
		records []string
		foreign int // how many problems, all of them ErrForeign
	}{
		"log file":            {`{"Records":[` + rec1 + `,` + rec2 + `]}`, LogFile, both, 0},
		"log file, spaced":    {" \n{ \"Records\" : [ " + rec1 + " ,\n" + rec2 + ",\n" + rec3 + " ] } \n", LogFile, all, 0},
		"members before":      {`{"a":{"Records":[1]},"b":[[]],"c":null,"Records":[` + rec1 + `,` + rec2 + `],"d":[1]}`, LogFile, both, 0},
		"escaped name":        {`{"\u0052ecords":[` + rec1 + `]}`, LogFile, []string{rec1}, 0},
		"no records":          {`{"Records":[]}`, LogFile, nil, 0},
		"any object":          {`{"Records":[{"eventName":"x"},{}]}`, LogFile, []string{`{"eventName":"x"}`, `{}`}, 0},
		"byte order mark":     {"\ufeff" + `{"Records":[` + rec1 + `]}`, LogFile, []string{rec1}, 0},
		"two log files":       {`{"Records":[` + rec1 + `]}{"Records":[` + rec2 + `]}`, LogFile, both, 0},
		"array":               {`[` + rec1 + `,` + rec2 + `]`, RecordArray, both, 0},
		"array of arrays":     {`[[` + rec1 + `],[` + rec2 + `]]`, RecordArray, both, 0},
		"array of log files":  {`[{"Records":[` + rec1 + `]},{"Records":[` + rec2 + `]}]`, LogFile, both, 0},
		"record":              {rec3, Lines, []string{rec3}, 0},
		"record, otherwise":   {bare, Lines, []string{bare}, 0},
		"lines":               {rec1 + "\n" + rec2 + "\r\n" + bare + "\n\n", Lines, []string{rec1, rec2, bare}, 0},
		"no line breaks":      {rec1 + rec2, Lines, both, 0},
		"lookup":              {`{"NextToken":"x","Events":[` + lookup(rec1) + `,` + lookup(rec2) + `]}`, Lookup, both, 0},
		"lookup, records":     {`{"Events":[` + rec1 + `,` + bare + `]}`, Lookup, []string{rec1, bare}, 0},
		"lookup lines":        {lookup(rec1) + "\n" + lookup(rec3) + "\n", Lookup, []string{rec1, rec3}, 0},
		"no events":           {`{"Events":[]}`, Lookup, nil, 0},
		"EventBridge":         {bridge(rec1), EventBridge, []string{rec1}, 0},
		"EventBridge lines":   {bridge(rec1) + "\n" + bridge(bare), EventBridge, []string{rec1, bare}, 0},
		"EventBridge array":   {`[` + bridge(rec1) + `]`, EventBridge, []string{rec1}, 0},
		"EventBridge of S3":   {bridge(`{"bucket":{"name":"b"}}`), Foreign, nil, 1},
		"subscription":        {signal(rec1, rec2), Subscription, both, 0},
		"subscriptions":       {signal(rec1) + signal(rec2, rec3), Subscription, all, 0},
		"other log events":    {signal(rec1, "START RequestId", rec2), Subscription, both, 1},
		"control message":     {`{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs"}`, Subscription, nil, 0},
		"FilterLogEvents":     {`{"events":[{"message":` + quoted(rec1) + `,"timestamp":1},{"message":` + quoted(rec2) + `}],"searchedLogStreams":[]}`, LogEvents, both, 0},
		"GetLogEvents, other": {`{"nextForwardToken":"f","events":[{"message":"START"},{"message":"END"},{"message":` + quoted(rec1) + `}]}`, LogEvents, []string{rec1}, 1},
		"other events":        {`{"events":[{"type":"PushEvent","actor":{}},{"type":"x"}]}`, Foreign, nil, 1},
		"export of a group":   {"2023-07-10T11:42:18.123Z " + rec1 + "\n2023-07-10T11:42:19.001Z " + rec3 + "\r\n", Lines, []string{rec1, rec3}, 0},
		"tail of a group":     {"2023-07-10T11:42:18.123000+00:00 1_CloudTrail_us-east-1 " + rec1 + "\n2023-07-10T11:42:18 " + rec2, Lines, both, 0},
		"another export":      {"2023-07-10T11:42:18.123Z START RequestId\n2023-07-10T11:42:19.001Z {}", Foreign, nil, 1},
		"digest":              {`{"awsAccountId":"1","digestS3Object":"x","logFiles":[]}`, Digest, nil, 0},
		"empty":               {"", Empty, nil, 0},
		"blank":               {" \n", Empty, nil, 0},
		"S3 notice":           {`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3"},{}]}`, Foreign, nil, 1},
		"SNS notice":          {`{"Records":[{"EventSource":"aws:sns"}]}`, Foreign, nil, 1},
		"access log":          {"79a59df900b949e5 DOC-EXAMPLE [06/Feb/2019:00:00:38 +0000] \"GET /\" 200\n{}", Foreign, nil, 1},
		"number":              {"12", Foreign, nil, 1},
		"other object":        {`{"a":1,"b":[{}]}`, Foreign, nil, 1},
		"other lines":         {"{\"a\":1}\n{\"a\":2}\n", Foreign, nil, 1},
		"other array":         {`[{"eventName":"x","eventSource":"y"},{}]`, Foreign, nil, 1},
		"event pattern":       {`{"source":["aws.s3"],"detail":{"eventSource":["s3"]}}`, Foreign, nil, 1},
		"one odd line":        {rec1 + "\n{\"a\":1}\n" + rec2, Lines, both, 1},
		"duplicate detail":    {`{"detail":{"eventID":"9"},"detail":` + rec1 + `}`, EventBridge, []string{rec1}, 0},
		"record with a list":  {`{"eventVersion":"1","Records":[{}]}`, Lines, []string{`{"eventVersion":"1","Records":[{}]}`}, 0},
		"spaced, with a list": {`{ "eventVersion":"1","Records":[{}]}`, Lines, []string{`{ "eventVersion":"1","Records":[{}]}`}, 0},
	} {
		text := []byte(c.text)
		sources := map[string]func() io.Reader{
			"whole":       func() io.Reader { return strings.NewReader(c.text) },
			"bytewise":    func() io.Reader { return iotest.OneByteReader(strings.NewReader(c.text)) },
			"EOF at once": func() io.Reader { return iotest.DataErrReader(strings.NewReader(c.text)) },
			"gzip":        func() io.Reader { return strings.NewReader(zip(c.text)) },
			"two members": func() io.Reader { return strings.NewReader(zip(c.text[:len(c.text)/2], c.text[len(c.text)/2:])) },
			"gzip, cold":  func() io.Reader { return iotest.OneByteReader(strings.NewReader(zip("", c.text, ""))) },
		}
		for how, source := range sources {
			for _, least := range []int{windowStart, 64, 7} {
				got := readFrom(t, tinyReader(least), "file", source(), text)
				where := fmt.Sprintf("%s, %s, window %d", name, how, least)
				if fmt.Sprint(got.records) != fmt.Sprint(c.records) || got.shape != c.shape || got.err != nil {
					t.Errorf("%s: %v, %q, %v; want %v, %q", where, got.shape, got.records, got.err, c.shape, c.records)
				}
				if len(got.problems) != c.foreign {
					t.Errorf("%s: problems %v, want %d", where, got.problems, c.foreign)
				}
				for _, p := range got.problems {
					if !errors.Is(p.Err, ErrForeign) {
						t.Errorf("%s: %v", where, p)
					}
				}
			}
		}
	}
}

func TestReaderSaysWhatHelps(t *testing.T) {
	for text, want := range map[string]string{
		"\xff\xfe{\x00}\x00": "save it as UTF-8",
		"\xfe\xff\x00{\x00}": "save it as UTF-8",
		zip(zip(rec1)):       "compressed twice",
		"PK\x03\x04\x00":     "unpack it",
		"a,b\n1,2":           "does not begin as JSON",
	} {
		got := readFrom(t, NewReader(nil, Options{}), "file", strings.NewReader(text), nil)
		if len(got.problems) != 1 || !errors.Is(got.problems[0].Err, ErrForeign) || !strings.Contains(got.problems[0].Err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, got.problems, want)
		}
	}
}

func TestReaderNames(t *testing.T) {
	text := `{"Records":[` + rec1 + `]}`
	r := NewReader(nil, Options{})
	for name, want := range map[string]struct {
		shape   Shape
		records int
	}{
		"AWSLogs/1/CloudTrail-Digest/us-east-1/2023/07/10/x.json.gz":  {Digest, 0},
		"1_CloudTrail-Digest_us-east-1_t_us-east-1_20230710T114218Z":  {Digest, 0},
		"AWSLogs/1/CloudTrail-Insight/us-east-1/2023/07/10/x.json.gz": {Insights, 1},
		"AWSLogs/1/CloudTrail/us-east-1/2023/07/10/x.json.gz":         {LogFile, 1},
	} {
		got := readFrom(t, r, name, strings.NewReader(text), nil)
		if got.shape != want.shape || len(got.records) != want.records || got.problems != nil {
			t.Errorf("%s: %v with %d records, %v", name, got.shape, len(got.records), got.problems)
		}
	}
}

func TestReaderDoesNotAllocate(t *testing.T) {
	r := NewReader(NewFields(cisPaths...), Options{})
	file, src := sampleLog(500), bytes.NewReader(nil)
	n := testing.AllocsPerRun(5, func() {
		src.Reset(file)
		r.Reset("file", src)
		for {
			if _, err := r.Next(); err != nil {
				return
			}
		}
	})
	if n != 0 {
		t.Errorf("%v allocations a file", n)
	}
}

func FuzzReader(f *testing.F) {
	for _, text := range []string{
		`{"Records":[` + rec1 + `,` + rec2 + `,` + rec3 + `]}`, `[` + rec1 + `,` + bare + `]`, rec1 + "\n" + rec2, "\ufeff" + rec3,
		`{"Events":[{"CloudTrailEvent":` + quoted(rec2) + `}]}`, `{"detail":` + rec1 + `}`,
		`{"messageType":"DATA_MESSAGE","logEvents":[{"message":` + quoted(rec1) + `}]}`,
		`{"Records":[` + rec1 + `,{"eventVersion":"1.08","a":"b}, ` + rec2 + `]}`, `{"Records":[1,"x",null,[],` + rec1 + `],"Events":[]}`,
		`{"Records":[{"eventSource":"aws:s3"}]}`, `{"digestS3Object":"x"}`, `{"events":[{"message":` + quoted(rec1) + `}]}`, "2023-07-10T11:42:18.1Z " + rec1 + "\n", zip(rec1, rec2), zip(rec1)[:30], `x`, `{"Records":[{"a" 1},` + rec1 + `]}`,
	} {
		f.Add([]byte(text), uint16(64))
	}
	f.Fuzz(func(t *testing.T, text []byte, least uint16) {
		r := tinyReader(int(least%512) + 8)
		r.options.MaxRecord = max(1024, len(text))
		got := readFrom(t, r, "file", bytes.NewReader(text), nil)
		if len(r.buf) > 4*r.options.MaxRecord+int(least) {
			t.Fatalf("a buffer of %d bytes for %d", len(r.buf), len(text))
		}
		if len(text) > 1 && text[0] == 0x1f && text[1] == 0x8b || !utf8.Valid(text) || bytes.Count(text, []byte("[")) > 8 {
			return
		}
		want := consult(text)
		if !want.known {
			return
		}
		if len(got.records) != len(want.records) || got.shape != want.shape {
			t.Fatalf("got %v %q %v, want %v %q", got.shape, got.records, got.problems, want.shape, want.records)
		}
		for i, record := range want.records {
			if got.records[i] != string(record) {
				t.Errorf("record %d: got %q, want %q", i, got.records[i], record)
			}
		}
	})
}

// What a pipe has given is read before more is waited for.
func TestReaderDoesNotWaitForMore(t *testing.T) {
	const lines = 100
	given := 0
	r := NewReader(nil, Options{})
	r.Reset("-", readerFunc(func(p []byte) (int, error) {
		if given == lines {
			return 0, io.EOF
		}
		if r.count != given {
			t.Errorf("%d records read when %d have come", r.count, given)
		}
		given++
		return copy(p, rec1+"\n"), nil
	}))
	for {
		if _, err := r.Next(); err != nil {
			break
		}
	}
	if r.count != lines {
		t.Errorf("%d records, want %d", r.count, lines)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
