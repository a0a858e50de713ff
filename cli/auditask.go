package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"tocsin/audit"
	"tocsin/audit/report"
)

// ask audits the places, some at a time, and tells how many of them gave a
// result. One that cannot be asked is NOT_AVAILABLE with the reason.
func (a *auditing) ask(ctx context.Context, places []auditPlace) (result report.Audit, asked int) {
	result = report.Audit{Version: thisBuild().Version, At: a.s.Now().UTC(), Reports: make([]report.Report, len(places))}
	meter := newAuditMeter(a.s, len(places))
	done := make([]bool, len(places))
	var oldest time.Time
	earlier := 0
	meter.during(func() {
		next := make(chan int)
		var working sync.WaitGroup
		for range min(a.o.workers, len(places)) {
			working.Go(func() {
				for i := range next {
					result.Reports[i], done[i] = a.askPlace(ctx, places[i], meter)
				}
			})
		}
		for i, p := range places {
			if had, ok := a.notes.of(p.account, p.region); ok && p.unasked == nil {
				had.Name = p.name
				result.Reports[i], done[i] = had, true
				if earlier++; oldest.IsZero() || had.At.Before(oldest) {
					oldest = had.At
				}
				meter.finish(&had, "in an earlier run: ")
				continue
			}
			next <- i
		}
		close(next)
		working.Wait()
	})
	if earlier > 0 {
		fmt.Fprintf(a.s.Err, "%s from --resume %s, asked %s; delete the file to ask again\n", placesDone(earlier, len(places)), clean(a.o.resume), sinceText(oldest))
	}
	for _, d := range done {
		if d {
			asked++
		}
	}
	return result, asked
}

func sinceText(t time.Time) string { return "since " + t.UTC().Format("2006-01-02 15:04 MST") }

func placesDone(n, of int) string {
	if of == 1 {
		return "the account and Region are"
	}
	return fmt.Sprintf("%d of %d accounts and Regions are", n, of)
}

// errInterrupted is why an account was not asked.
var errInterrupted = errors.New("the audit was interrupted before it was asked")

// askPlace audits one account and Region; false when there is no result of it.
func (a *auditing) askPlace(ctx context.Context, p auditPlace, meter *auditMeter) (report.Report, bool) {
	now := a.s.Now().UTC()
	switch {
	case ctx.Err() != nil:
		return a.unasked(p, now, errInterrupted), false
	case p.unasked != nil:
		r := a.unasked(p, now, p.unasked)
		meter.finish(&r, "")
		return r, false
	}
	if err := p.doors.enter(ctx, p.account); err != nil {
		if ctx.Err() != nil {
			err = errInterrupted
		}
		r := a.unasked(p, now, err)
		meter.finish(&r, "")
		return r, false
	}
	got, err := audit.Read(ctx, audit.Options{
		Account: p.account, Region: p.region, Regions: a.o.inUse, Observers: a.o.observers, Partition: p.doors.partition, Open: p.doors.open, Now: now, Unpaced: a.o.endpoint != "",
		Pacer: &a.pacer, Step: meter.step,
	})
	if err != nil {
		return a.unasked(p, now, errInterrupted), false
	}
	r := report.Of(&got, audit.Judge(&got, a.controls, a.version), a.version)
	r.Name = p.name
	if p.doors.settled(r.Missing) {
		a.notes.add(r)
	}
	meter.finish(&r, "")
	return r, true
}

// unasked is the report on an account that gave no answer: every control is
// NOT_AVAILABLE, for the same reason.
func (a *auditing) unasked(p auditPlace, now time.Time, why error) report.Report {
	reason := why.Error()
	nobody := audit.Account{ID: p.account, Region: p.region, Partition: "aws", At: now}
	if p.doors != nil {
		nobody.Partition = p.doors.partition
	}
	findings := audit.Judge(&nobody, a.controls, a.version)
	for i := range findings {
		f := &findings[i]
		f.Status, f.Summary, f.Broke = audit.NotAvailable, "the account could not be asked: "+reason, -1
		f.Meaning, f.Filters, f.Missed, f.Path, f.Evidence, f.Mend, f.Remarks = "", nil, nil, nil, nil, nil, nil
	}
	r := report.Of(&nobody, findings, a.version)
	r.Name, r.Unasked = p.name, reason
	return r
}

// nobody is the error of an audit that could not ask any account.
func nobody(result report.Audit) error {
	reasons := []string{}
	for _, r := range result.Reports {
		if !slices.Contains(reasons, r.Unasked) {
			reasons = append(reasons, r.Unasked)
		}
	}
	return errors.New(strings.Join(reasons, "\n"))
}

// ending tells what there is to say about the whole, and gives the exit code.
func (a *auditing) ending(ctx context.Context, result report.Audit, asked int, findings bool) error {
	if a.notes != nil && a.notes.err != nil {
		fmt.Fprintf(a.s.Err, "tocsin audit: --resume: not everything was noted: %s\n", clean(a.notes.err.Error()))
	}
	all := len(result.Reports)
	switch {
	case ctx.Err() != nil:
		remedy := "; name a file with --resume to be able to go on"
		if a.notes != nil {
			remedy = "; the same command goes on from there"
		}
		fmt.Fprintf(a.s.Err, "tocsin audit: interrupted: %s done and written%s\n", placesDone(asked, all), remedy)
		return exitStatus(exitFailed)
	case asked < all:
		fmt.Fprintf(a.s.Err, "tocsin audit: %d of %d accounts and Regions could not be asked: their controls are NOT_AVAILABLE\n", all-asked, all)
	}
	if findings {
		return exitStatus(exitFindings)
	}
	return nil
}
