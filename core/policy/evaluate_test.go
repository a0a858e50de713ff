package policy

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDecide runs the tables of testdata/decide. A file has prose, the policies
// that bear on its requests under "-- role: name --" and cases: verdict, caller,
// action, resource, then context (key=value, several times for several values,
// key= for a key that is absent) and options (open, owner=, id=, role=). Lines
// with ">" say what Decision.Text must contain.
func TestDecide(t *testing.T) {
	files, err := filepath.Glob("testdata/decide/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			policies, cases := readTable(t, string(text))
			for _, c := range cases {
				d := Evaluate(policies, c.request)
				if d.Verdict.String() != c.verdict {
					t.Errorf("%s\n%s, want %s:\n%s", c.line, d.Verdict, c.verdict, d.Text())
				}
				for _, want := range c.texts {
					if got := d.Text() + "\n" + d.Message(c.request); !strings.Contains(got, want) {
						t.Errorf("%s\nsays:\n%s\nwant:\n%s", c.line, got, want)
					}
				}
			}
		})
	}
}

type decideCase struct {
	line, verdict string
	request       Request
	texts         []string
}

func readTable(t *testing.T, text string) (Policies, []decideCase) {
	t.Helper()
	var p Policies
	var cases []decideCase
	for _, section := range strings.Split("\n"+text, "\n-- ")[1:] {
		head, body, _ := strings.Cut(section, " --\n")
		role, name, _ := strings.Cut(head, ": ")
		switch role {
		case "cases":
			cases = readCases(t, body)
			continue
		case "no session allows": // an empty list
			p.Session = []Named{}
			continue
		}
		kind := Identity
		if role == "resource" || role == "key" || role == "trust" {
			kind = Resource
		}
		if role == "trust" {
			kind = Trust
		}
		document, err := Parse(body, kind)
		if err != nil {
			t.Fatalf("%s: %v", head, err)
		}
		n := Named{Name: name, Policy: document}
		switch role {
		case "identity":
			p.Identity = append(p.Identity, n)
		case "resource":
			p.Resource = &n
		case "key", "trust":
			p.Resource, p.ResourceDecides = &n, true
		case "boundary":
			p.Boundary = &n
		case "session":
			p.Session = append(p.Session, n)
		case "organization":
			p.Organization = append(p.Organization, []Named{n})
		default:
			t.Fatalf("no such role: %s", role)
		}
	}
	return p, cases
}

func readCases(t *testing.T, body string) []decideCase {
	t.Helper()
	var cases []decideCase
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if want, ok := strings.CutPrefix(line, "> "); ok {
			cases[len(cases)-1].texts = append(cases[len(cases)-1].texts, want)
			continue
		}
		words := strings.Fields(line)
		if len(words) < 4 {
			t.Fatalf("not a case: %s", line)
		}
		c := decideCase{line: line, verdict: words[0], request: Request{
			Principal: readPrincipal(t, words[1]), Action: words[2], Resource: words[3], Context: Context{},
		}}
		for _, w := range words[4:] {
			key, value, _ := strings.Cut(w, "=")
			switch {
			case key == "open":
				c.request.Open = true
			case key == "owner":
				c.request.Owner = value
			case key == "id":
				c.request.Principal.ID = value
			case key == "role":
				c.request.Principal.Role = value
			case value == "":
				c.request.Context[key] = nil
			default:
				c.request.Context[key] = append(c.request.Context[key], value)
			}
		}
		cases = append(cases, c)
	}
	if len(cases) == 0 {
		t.Fatal("a table without cases")
	}
	return cases
}

func readPrincipal(t *testing.T, text string) Principal {
	t.Helper()
	if name, ok := strings.CutPrefix(text, "service:"); ok {
		return Service(name)
	}
	if name, ok := strings.CutPrefix(text, "provider:"); ok {
		return Principal{Type: Provider, Provider: name}
	}
	if text == "anonymous" {
		return Principal{}
	}
	p, ok := ParsePrincipal(text)
	if !ok {
		t.Fatalf("not a caller: %s", text)
	}
	return p
}

func ExampleEvaluate() {
	topic, err := Parse(`{"Version": "2012-10-17", "Statement": {
		"Sid": "Alarms", "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
		"Action": "sns:Publish", "Resource": "arn:aws:sns:eu-west-1:123456789012:alarms",
		"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}}`, Resource)
	if err != nil {
		fmt.Println(err)
		return
	}
	d := Evaluate(Policies{Resource: &Named{"the topic's policy", topic}}, Request{
		Principal: Service("cloudwatch.amazonaws.com"),
		Action:    "sns:Publish",
		Resource:  "arn:aws:sns:eu-west-1:123456789012:alarms",
		Context:   Context{"aws:SourceAccount": {"999999999999"}},
	})
	fmt.Println(d.Text())
	// Output:
	// not allowed
	//   statement "Alarms" of the topic's policy does not allow it: aws:SourceAccount must satisfy StringEquals "123456789012", the request has "999999999999"
}
