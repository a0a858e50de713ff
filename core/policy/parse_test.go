package policy

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for file, kind := range map[string]Kind{"identity": Identity, "trust": Trust, "bucket": Bucket, "any": Any} {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile("testdata/parse/" + file + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			message, last, count := "", (*Error)(nil), 0
			for line := range strings.Lines(string(text)) {
				line = strings.TrimRight(line, "\n")
				document := strings.TrimPrefix(line, "  ")
				switch {
				case line == "" || line[0] == '#':
				case document == line:
					message = line
				case strings.HasPrefix(document, "  @ "):
					if got := fmt.Sprintf("  @ %d:%d %s", last.Line, last.Column, last.Path); strings.TrimSpace(got) != strings.TrimSpace(document) {
						t.Errorf("%v\nplace is %s, want %s", last, got, document)
					}
				default:
					count++
					last = checkParse(t, document, kind, message)
				}
			}
			if count < 4 {
				t.Fatalf("%d documents: the table was not read", count)
			}
		})
	}
}

// checkParse parses a document that is to be refused with AWS's message, or
// accepted.
func checkParse(t *testing.T, document string, kind Kind, message string) *Error {
	t.Helper()
	p, err := Parse(document, kind)
	if message == "accepted" {
		if err != nil {
			t.Errorf("%s\nrefused: %v", document, err)
			return nil
		}
		checkStable(t, p, kind)
		return nil
	}
	var refused *Error
	if !errors.As(err, &refused) {
		t.Fatalf("%s\naccepted, want %s", document, message)
	}
	if refused.Message != message {
		t.Errorf("%s\nAWS's text is %q, want %q", document, refused.Message, message)
	}
	return refused
}

// checkStable prints and parses a policy of Parse.
func checkStable(t *testing.T, p Policy, kind Kind) {
	t.Helper()
	printed := p.String()
	again, err := Parse(printed, kind)
	if err != nil {
		t.Fatalf("the print is refused: %v\n%s", err, printed)
	}
	if got := again.String(); got != printed {
		t.Fatalf("print is not stable:\n%s\n%s", printed, got)
	}
}

func TestErrorShowsPlace(t *testing.T) {
	_, err := Parse("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\"Effect\": \"Allow\",\n    \"Actions\": \"sns:Publish\"}\n}", Identity)
	want := `policy:4:5: Statement.Actions: there is no such element; meant is probably Action
      "Actions": "sns:Publish"}
      ^`
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

func TestPrint(t *testing.T) {
	const text = `{"Statement":[{"Condition":{"StringLike":{"b":["x"],"a":["<y>","z"]},"Bool":{"aws:SecureTransport":true}},
		"Resource":["arn:aws:sns:us-east-1:123456789012:a"],"Principal":{"Service":["cloudwatch.amazonaws.com"],"AWS":"*"},
		"NotAction":["sns:Publish","sns:Subscribe"],"Effect":"Deny","Sid":"s"}],"Id":"i","Version":"2008-10-17"}`
	const want = `{"Version":"2008-10-17","Id":"i","Statement":[{"Sid":"s","Effect":"Deny",` +
		`"Principal":{"AWS":"*","Service":"cloudwatch.amazonaws.com"},"NotAction":["sns:Publish","sns:Subscribe"],` +
		`"Resource":"arn:aws:sns:us-east-1:123456789012:a",` +
		`"Condition":{"Bool":{"aws:SecureTransport":"true"},"StringLike":{"a":["<y>","z"],"b":"x"}}}]}`
	p, err := Parse(text, Resource)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func FuzzParse(f *testing.F) {
	for _, file := range []string{"identity", "trust", "bucket", "any"} {
		text, err := os.ReadFile("testdata/parse/" + file + ".txt")
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if document, ok := strings.CutPrefix(strings.TrimSpace(line), "{"); ok {
				f.Add("{" + document)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		for kind := Any; kind <= Bucket; kind++ {
			p, err := Parse(text, kind)
			if err == nil {
				checkStable(t, p, kind)
				continue
			}
			var refused *Error
			if !errors.As(err, &refused) || refused.Line < 1 || refused.Column < 1 || refused.Message == "" || refused.Error() == "" {
				t.Fatalf("an error without place or text: %#v", err)
			}
		}
	})
}
