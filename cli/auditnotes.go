package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"tocsin/audit/report"
)

// auditNotes is the file of --resume: a line of JSON with what the results depend
// on, and then one for each account and Region that is done. A line is there
// whole or not at all: what a killed run left of its last line is cut off.
type auditNotes struct {
	name string

	mu   sync.Mutex // guards what follows
	file *os.File
	done map[[2]string]report.Report // by account and Region
	err  error                       // the first that kept something from being noted
}

// A notesHead is what results depend on. Those of another head do not go together.
type notesHead struct {
	Tocsin     string   `json:"tocsin"`
	Benchmark  string   `json:"benchmark"`
	Controls   []string `json:"controls"`
	InUse      []string `json:"regionsInUse"`
	Observers  []string `json:"observedBy"`
	Role       string   `json:"role"`
	ExternalID string   `json:"externalId"`
	Endpoint   string   `json:"endpointUrl"`
}

func (a *auditing) notesHead() notesHead {
	return notesHead{
		Tocsin: thisBuild().Version, Benchmark: string(a.version), Controls: slices.Sorted(slices.Values(a.o.controls)), InUse: slices.Sorted(slices.Values(a.o.inUse)),
		Observers: slices.Sorted(slices.Values(a.o.observers)), Role: a.o.role, ExternalID: a.o.externalID, Endpoint: a.o.endpoint,
	}
}

// differs names what another head has otherwise, "" for nothing.
func (h notesHead) differs(now notesHead) string {
	for _, m := range []struct{ flag, had, have string }{
		{"--benchmark", h.Benchmark, now.Benchmark},
		{"--control", strings.Join(h.Controls, ","), strings.Join(now.Controls, ",")},
		{"--regions-in-use", strings.Join(h.InUse, ","), strings.Join(now.InUse, ",")},
		{"--observed-by", strings.Join(h.Observers, ","), strings.Join(now.Observers, ",")},
		{"--role", h.Role, now.Role},
		{"--external-id", h.ExternalID, now.ExternalID},
		{"--endpoint-url", h.Endpoint, now.Endpoint},
		{"tocsin", h.Tocsin, now.Tocsin},
	} {
		if m.had != m.have {
			return fmt.Sprintf("with %s, and this one is with %s", orWithout(m.flag, m.had), orWithout(m.flag, m.have))
		}
	}
	return ""
}

func orWithout(flag, value string) string {
	if value == "" {
		return "no " + flag
	}
	return flag + " " + value
}

func openNotes(name string, head notesHead) (*auditNotes, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600) // it has answers about the account
	if err != nil {
		return nil, usagef("--resume: %w", err)
	}
	n := &auditNotes{name: name, file: f, done: map[[2]string]report.Report{}}
	if err := n.read(head); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return n, nil
}

func (n *auditNotes) read(head notesHead) error {
	text, err := io.ReadAll(n.file)
	if err != nil {
		return fmt.Errorf("--resume: %w", err)
	}
	whole := bytes.LastIndexByte(text, '\n') + 1
	if whole == 0 && len(text) > 0 && !bytes.HasPrefix(text, []byte(`{"tocsin"`)) {
		return usagef("--resume: %s is not what --resume writes", n.name)
	}
	if whole < len(text) {
		if err := n.file.Truncate(int64(whole)); err != nil {
			return fmt.Errorf("--resume: %w", err)
		}
	}
	if whole == 0 {
		return n.write(head)
	}
	for i, line := range bytes.Split(text[:whole-1], []byte{'\n'}) {
		if i == 0 {
			var had notesHead
			if json.Unmarshal(line, &had) != nil || had.Benchmark == "" {
				return usagef("--resume: %s is not what --resume writes", n.name)
			}
			if other := had.differs(head); other != "" {
				return usagef("--resume: the audit in %s was begun %s; name another file, or the same options", n.name, other)
			}
			continue
		}
		var r report.Report
		if err := json.Unmarshal(line, &r); err != nil {
			return usagef("--resume: %s, line %d is not what --resume writes: %w", n.name, i+1, err)
		}
		n.done[[2]string{r.Account, r.Region}] = r
	}
	return nil
}

func (n *auditNotes) write(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := n.file.Write(append(line, '\n')); err != nil {
		return err
	}
	return n.file.Sync()
}

// of is what was noted of an account and Region.
func (n *auditNotes) of(account, region string) (report.Report, bool) {
	if n == nil {
		return report.Report{}, false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	r, ok := n.done[[2]string{account, region}]
	return r, ok
}

// add notes a report. That it could not be noted is told at the end.
func (n *auditNotes) add(r report.Report) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err == nil {
		n.err = n.write(r)
	}
}

// close closes the file, whose every line is on the disk already.
func (n *auditNotes) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.err = errors.Join(n.err, n.file.Close())
}
