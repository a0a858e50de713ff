package export

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tocsin/audit"
	"tocsin/core/control"
)

// A Finding is what is read of one that an audit wrote.
type Finding struct {
	Account, Region string
	Control, Title  string
	Benchmark       control.Version
	Status          audit.Status
	Summary         string
	Filters         []string
	Path            []pathLink
	Broke           int
	Evidence        []audit.Evidence
	Mend            *audit.Mend
}

// A pathLink is a link of a finding's chain.
type pathLink struct{ Kind, Name, State, Text string }

// ReadFindings reads what tocsin audit --format json wrote.
func ReadFindings(text []byte) ([]Finding, error) {
	var had struct {
		Reports []struct{ Findings []Finding }
	}
	if err := json.Unmarshal(text, &had); err != nil {
		return nil, fmt.Errorf("this is not what tocsin audit --format json writes: %w", err)
	}
	if had.Reports == nil {
		return nil, errors.New("this is not what tocsin audit --format json writes: it has no reports")
	}
	var all []Finding
	for _, r := range had.Reports {
		all = append(all, r.Findings...)
	}
	if len(all) == 0 {
		return nil, errors.New("there are no findings in it")
	}
	return all, nil
}

// At is where the finding is to be mended: the Region is that of its chain, which
// may be another one than the audit began in.
func (f *Finding) At() (account, region string) {
	return f.Account, cmp.Or(f.chainRegion(), f.Region)
}

// chainRegion is the Region that the mend names, "" for none.
func (f *Finding) chainRegion() string {
	if f.Mend == nil {
		return ""
	}
	for _, command := range f.Mend.CLI {
		if c, err := readCall(command); err == nil && c.of("region") != "" {
			return c.of("region")
		}
	}
	return ""
}

// Broken tells whether there is something to mend.
func (f *Finding) Broken() bool { return f.Status == audit.Failed || f.Status == audit.Warning }

// link is the name of the first link of a kind on the path, "" for none.
func (f *Finding) link(kind string) string {
	for _, l := range f.Path {
		if l.Kind == kind && l.Name != "" {
			return l.Name
		}
	}
	return ""
}

// answer is an API's answer about a resource, as the finding quotes it.
func (f *Finding) answer(call, resource string, into any) bool {
	for _, e := range f.Evidence {
		if e.Call == call && e.Resource == resource && len(e.Answer) > 0 {
			return json.Unmarshal(e.Answer, into) == nil
		}
	}
	return false
}

// A call is a command of a mend, taken apart.
type call struct {
	operation string // such as logs put-metric-filter
	options   map[string][]string
}

func (c call) of(name string) string {
	if v := c.options[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// operations are those that mends have, with their options: how many words each
// has, -1 for any number.
var operations = map[string]map[string]int{
	"logs put-metric-filter": {"log-group-name": 1, "filter-name": 1, "filter-pattern": 1, "metric-transformations": 1},
	"cloudwatch put-metric-alarm": {
		"alarm-name": 1, "namespace": 1, "metric-name": 1, "statistic": 1, "period": 1, "evaluation-periods": 1, "threshold": 1, "comparison-operator": 1,
		"treat-missing-data": 1, "alarm-description": 1, "alarm-actions": -1, "ok-actions": -1, "insufficient-data-actions": -1,
	},
	"logs create-log-group":           {"log-group-name": 1},
	"cloudwatch enable-alarm-actions": {"alarm-names": -1},
	"sns set-topic-attributes":        {"topic-arn": 1, "attribute-name": 1, "attribute-value": 1},
	"sns set-subscription-attributes": {"subscription-arn": 1, "attribute-name": 1, "attribute-value": 1},
	"sns create-topic":                {"name": 1},
	"sns subscribe":                   {"topic-arn": 1, "protocol": 1, "notification-endpoint": 1},
	"s3api put-bucket-logging":        {"bucket": 1, "bucket-logging-status": 1},
	"s3api put-public-access-block":   {"bucket": 1, "public-access-block-configuration": 1},
	"cloudtrail create-trail":         {"name": 1, "s3-bucket-name": 1, "is-multi-region-trail": 0, "enable-log-file-validation": 0},
	"cloudtrail start-logging":        {"name": 1},
	"cloudtrail put-event-selectors":  {"trail-name": 1, "advanced-event-selectors": 1},
	"cloudtrail update-trail":         {"name": 1, "is-multi-region-trail": 0, "include-global-service-events": 0, "enable-log-file-validation": 0, "kms-key-id": 1, "cloud-watch-logs-log-group-arn": 1, "cloud-watch-logs-role-arn": 1},
}

// readCall takes a command of a mend apart. One that is none of those that mends
// have is an error: no command of a file of findings is run as it stands there.
func readCall(command string) (call, error) {
	words, err := splitWords(command)
	if err != nil || len(words) < 3 || words[0] != "aws" {
		return call{}, fmt.Errorf("no command of the AWS CLI: %.80q", command)
	}
	c := call{operation: words[1] + " " + words[2], options: map[string][]string{}}
	known, ok := operations[c.operation]
	if !ok {
		return call{}, fmt.Errorf("a command that audits do not write: aws %s", plain(c.operation))
	}
	for i := 3; i < len(words); {
		name := strings.TrimPrefix(words[i], "--")
		n, ok := known[name]
		if name == "region" {
			n, ok = 1, true
		}
		if !ok || name == words[i] {
			return call{}, fmt.Errorf("a command that audits do not write: aws %s %.80q", c.operation, words[i])
		}
		i++
		from := i
		if n < 0 {
			for i < len(words) && !isOption(words[i], known) {
				i++
			}
		} else {
			i = min(i+n, len(words))
		}
		c.options[name] = slices.Clone(words[from:i])
	}
	return c, nil
}

func isOption(word string, known map[string]int) bool {
	name, is := strings.CutPrefix(word, "--")
	_, ok := known[name]
	return is && (ok || name == "region")
}

// splitWords splits a command as a shell does, as far as audits quote: by single
// quotes, and a backslash before one.
func splitWords(command string) ([]string, error) {
	var words []string
	var word strings.Builder
	in, quoted := false, false
	for i := 0; i < len(command); i++ {
		switch c := command[i]; {
		case quoted && c == '\'':
			quoted = false
		case quoted:
			word.WriteByte(c)
		case c == '\'':
			in, quoted = true, true
		case c == '\\' && i+1 < len(command):
			i++
			in = true
			word.WriteByte(command[i])
		case c == ' ':
			if in {
				words = append(words, word.String())
				word.Reset()
			}
			in = false
		default:
			in = true
			word.WriteByte(c)
		}
	}
	if quoted {
		return nil, errors.New("a quote is not closed")
	}
	if in {
		words = append(words, word.String())
	}
	return words, nil
}
