package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tocsin/flow"
)

// timeText writes a time to the second; nothing when there is none.
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// eventLine is an event on a line, what tells most first.
func eventLine(e flow.Evidence) string {
	words := cleanAll(timeText(e.Time), action(e.Source, e.Name), e.ErrorCode, shortPrincipal(e.Principal), e.Address, e.Region, e.Account)
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), gap)
}

// cleanAll makes several texts safe to print.
func cleanAll(texts ...string) []string {
	for i := range texts {
		texts[i] = clean(texts[i])
	}
	return texts
}

// action writes a call as IAM policies do: ec2:RunInstances.
func action(source, name string) string {
	source = strings.TrimSuffix(source, ".amazonaws.com")
	if source == "" || name == "" {
		return source + name
	}
	return source + ":" + name
}

// shortPrincipal leaves out of an ARN what the other columns tell or nobody
// needs: user/alice, assumed-role/deploy/session, root.
func shortPrincipal(principal string) string {
	parts := strings.SplitN(principal, ":", 6)
	if len(parts) == 6 && parts[0] == "arn" && (parts[2] == "iam" || parts[2] == "sts") {
		return parts[5]
	}
	return principal
}

// maxProblemsShown bounds what is said about unreadable files on a terminal;
// JSON has up to flow.MaxProblems.
const maxProblemsShown = 8

// writeProblems tells what could not be read, with the place.
func writeProblems(w io.Writer, sc screen, problems []flow.Problem, more int64) {
	for _, p := range problems[:min(len(problems), maxProblemsShown)] {
		for i, line := range sc.wrap(problemText(p), 2) {
			mark := " "
			if i == 0 {
				mark = sc.paint(yellow, "!")
			}
			fmt.Fprintf(w, "%s %s\n", mark, line)
		}
	}
	if rest := int64(max(0, len(problems)-maxProblemsShown)) + more; rest > 0 {
		fmt.Fprintf(w, "%s and %s\n", sc.paint(yellow, "!"), count(rest, "further problem"))
	}
}

// problemText is a problem on one line.
func problemText(p flow.Problem) string {
	place := clean(p.File)
	if p.Offset >= 0 {
		place += fmt.Sprintf(" at byte %s", thousands(p.Offset))
	}
	reason := clean(p.Error)
	// Errors of the file system name the file themselves.
	if _, after, ok := strings.Cut(reason, clean(p.File)+": "); ok {
		reason = after
	}
	return place + ": " + reason
}

// nothingRead explains why there is no result at all.
func nothingRead(f flow.FileCounts, paths []string) error {
	where := "the path"
	if len(paths) == 1 {
		where = paths[0]
	} else if len(paths) > 1 {
		where = "these paths"
	}
	if f.Skipped > 0 {
		return fmt.Errorf("no CloudTrail log file in %s: %s looked at, none holds events", where, count(f.Skipped, "file"))
	}
	return fmt.Errorf("no file in %s", where)
}

// interruptible is a reader that ends when ctx does, even while r gives nothing:
// a pipe or a terminal can keep a Read waiting for ever. After that, r belongs to
// a read that nobody waits for, so this is only for a stream that lasts as long
// as the process.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	if r == nil {
		return nil
	}
	return &interruptibleReader{ctx: ctx, r: r, buf: make([]byte, 64<<10)}
}

type interruptibleReader struct {
	ctx  context.Context
	r    io.Reader
	buf  []byte // belongs to the read under way, if there is one
	left []byte // read and not yet given on
	err  error
	// got is the read under way.
	got chan readResult
}

type readResult struct {
	n   int
	err error
}

func (i *interruptibleReader) Read(p []byte) (int, error) {
	for len(i.left) == 0 {
		if i.err != nil {
			return 0, i.err
		}
		if i.got == nil {
			i.got = make(chan readResult, 1)
			go func(got chan<- readResult) {
				n, err := i.r.Read(i.buf)
				got <- readResult{n, err}
			}(i.got)
		}
		select {
		case r := <-i.got:
			i.got, i.left, i.err = nil, i.buf[:r.n], r.err
		case <-i.ctx.Done():
			return 0, i.ctx.Err()
		}
	}
	n := copy(p, i.left)
	i.left = i.left[n:]
	return n, nil
}
