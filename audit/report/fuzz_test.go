package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// Whatever an audit holds, each form of it is whole: JSON and XML that can be
// read, a page without a script, and no character that does more than show.
func FuzzForms(f *testing.F) {
	for _, a := range []Audit{sample(), {}, {Reports: []Report{{}}}} {
		text, err := json.Marshal(a)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"reports":[{"account":"1","findings":[{"broke":9,"severity":"low","path":[{"kind":"log group","name":"arn:","state":"broken"},{"state":"unknown"}],"evidence":[{"answer":[1,{"AlarmArn":"x"}]}]}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var a Audit
		if json.Unmarshal(text, &a) != nil {
			return
		}
		for name, write := range Formats() {
			var b bytes.Buffer
			if err := write(&b, a); err != nil {
				if strings.Contains(err.Error(), "no severity") { // a finding without one is nobody's
					return
				}
				t.Fatalf("%s: %v", name, err)
			}
			if !utf8.Valid(b.Bytes()) || bytes.ContainsFunc(b.Bytes(), func(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }) {
				t.Fatalf("%s holds a character that does not show", name)
			}
			switch name {
			case "html":
				if page := strings.ToLower(b.String()); strings.Contains(page, "<script") || strings.Contains(page, "<img") || strings.Contains(page, "javascript:") && strings.Contains(page, `="javascript:`) {
					t.Fatal("the page is not escaped")
				}
			case "junit":
				readXML(t, &b)
			default:
				readJSON(t, name, &b)
			}
		}
	})
}

func readXML(t *testing.T, b io.Reader) {
	t.Helper()
	for d := xml.NewDecoder(b); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func readJSON(t *testing.T, name string, b io.Reader) {
	t.Helper()
	for d := json.NewDecoder(b); ; {
		var v any
		if err := d.Decode(&v); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}
