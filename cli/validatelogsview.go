package cli

import (
	"fmt"
	"io"
	"path"
	"time"

	"tocsin/core/digest"
	"tocsin/flow"
)

// A validateView shows a report on a screen.
type validateView struct {
	w  io.Writer
	sc screen
	o  validateOptions
}

func (v *validateView) show(r flow.ValidateReport) {
	for i, c := range r.Chains {
		if i > 0 {
			fmt.Fprintln(v.w)
		}
		v.chain(c)
	}
	for _, f := range r.Folders {
		v.folder(f)
	}
	v.stored(r.Stored)
	fmt.Fprintln(v.w)
	v.sum(r)
}

// chainName says which digests a chain has.
func chainName(c flow.ChainReport) string {
	name := fmt.Sprintf("trail %s (%s), account %s, %s", c.Trail, c.HomeRegion, c.Account, c.Region)
	if c.OrganizationID != "" {
		name += ", " + c.OrganizationID
	}
	return clean(name)
}

func (v *validateView) chain(c flow.ChainReport) {
	place := digest.Place{Bucket: c.Bucket, Key: c.Prefix}
	fmt.Fprintf(v.w, "%s\n  in %s\n", v.sc.paint(bold, chainName(c)), clean(place.String()))
	if c.Problem != "" {
		for i, line := range wrap(clean(c.Problem), max(30, v.sc.width-20)) {
			fmt.Fprintf(v.w, "  %-16s  %s\n", []string{"not checked", ""}[min(i, 1)], v.sc.paint(red, line))
		}
		return
	}
	v.verdicts("digests", c.Digests)
	v.verdicts("backfill digests", c.Backfill)
	v.verdicts("log files", c.LogFiles)
	if c.Earlier > 0 {
		fmt.Fprintf(v.w, "  %-16s  %s of them in an earlier run\n", "", thousands(c.Earlier))
	}
	v.coverage(c)
	if c.Older != "" {
		fmt.Fprintf(v.w, "  %-16s  the chain goes on before that, but older digests are not there:\n  %-16s  %s\n", "note", "", v.sc.paint(dim, clean(c.Older)))
	}
	if c.OutsideKeyPeriod > 0 {
		fmt.Fprintf(v.w, "  %-16s  %s signed outside the period of the public key\n", "note", count(c.OutsideKeyPeriod, "digest"))
	}
	for fs := c.Findings; len(fs) > 0; {
		n := 0
		for n < len(fs) && fs[n].Inferred {
			n++
		}
		v.inferred(fs[:n])
		if n < len(fs) {
			v.finding(fs[n])
			n++
		}
		fs = fs[n:]
	}
	if c.FindingsLeftOut > 0 {
		fmt.Fprintf(v.w, "  and %s\n", v.sc.paint(red, count(c.FindingsLeftOut, "further log file")))
	}
}

// manyInferred is how many names that were worked out are shown in a row: they
// tell nothing that the first and the last do not.
const manyInferred = 4

// inferred shows digests whose names were worked out.
func (v *validateView) inferred(fs []flow.Finding) {
	if len(fs) <= manyInferred {
		for _, f := range fs {
			v.finding(f)
		}
		return
	}
	v.finding(fs[0])
	text := "and likewise " + count(int64(len(fs)-2), "digest") + " between, one for each hour (--json names them)"
	for _, line := range wrap(text, max(30, v.sc.width-6)) {
		fmt.Fprintf(v.w, "      %s\n", v.sc.paint(red, line))
	}
	v.finding(fs[len(fs)-1])
}

// coverage shows what digests cover and what not, in the order of time.
func (v *validateView) coverage(c flow.ChainReport) {
	holes := c.Holes
	for i := 0; i <= len(c.Covered); i++ {
		for len(holes) > 0 && (i == len(c.Covered) || holes[0].From.Before(c.Covered[i].From)) {
			fmt.Fprintf(v.w, "  %-16s  %s\n", "not covered", v.sc.paint(yellow, spanOf(holes[0].Span)))
			for _, line := range wrap(holeText(holes[0].Cause), max(30, v.sc.width-20)) {
				fmt.Fprintf(v.w, "  %-16s  %s\n", "", v.sc.paint(dim, line))
			}
			holes = holes[1:]
		}
		if i < len(c.Covered) {
			fmt.Fprintf(v.w, "  %-16s  %s\n", "covered", v.sc.paint(green, spanOf(c.Covered[i])))
		}
	}
}

func (v *validateView) verdicts(name string, of flow.Verdicts) {
	total := of.Total()
	if total == 0 && name == "backfill digests" {
		return
	}
	text := thousands(of.Valid) + " of " + thousands(total) + " valid"
	if of.Valid == total {
		text = v.sc.paint(green, text)
	}
	for _, part := range []struct {
		n    int64
		name string
	}{{of.Invalid, "invalid"}, {of.Missing, "missing"}, {of.Unreadable, "not readable"}} {
		if part.n > 0 {
			text += v.sc.paint(red, ", "+thousands(part.n)+" "+part.name)
		}
	}
	fmt.Fprintf(v.w, "  %-16s  %s\n", name, text)
}

// spanOf writes a stretch of time in full: it is a statement.
func spanOf(s digest.Span) string {
	return s.From.UTC().Format(awsTime) + " – " + s.To.UTC().Format(awsTime)
}

// holeText says why a stretch of time is not covered.
func holeText(c digest.Cause) string {
	switch c {
	case digest.Began:
		return "the chain begins after it"
	case digest.Restarted:
		return "a new chain begins after it: logging or validation was off, or digests before it were deleted"
	case digest.Ended:
		return "no digest since: none is due yet, logging or validation was switched off, or the newest digests were deleted"
	}
	return "digests are missing or invalid"
}

func (v *validateView) finding(f flow.Finding) {
	fmt.Fprintf(v.w, "  %s %s %s\n", v.sc.paint(loud, "✗"), f.Kind, clean(f.File))
	text := f.Text
	if f.Inferred {
		text = "missing: its name is worked out from its hour, since the digest that would name it is missing too"
	}
	for _, line := range wrap(clean(text), max(30, v.sc.width-6)) {
		fmt.Fprintf(v.w, "      %s\n", v.sc.paint(red, line))
	}
	if f.Digest != "" {
		fmt.Fprintf(v.w, "      %s\n", v.sc.paint(dim, "listed in "+clean(path.Base(f.Digest))))
	}
}

func (v *validateView) folder(f flow.FolderReport) {
	if len(f.Unnamed) == 0 && f.Uncovered == 0 {
		return
	}
	fmt.Fprintf(v.w, "\n%s\n", v.sc.paint(bold, clean(digest.Place{Bucket: f.Bucket, Key: f.Folder}.String())))
	if f.NoDigests && len(f.Unnamed) > 0 {
		text := count(int64(len(f.Unnamed))+f.UnnamedLeftOut, "log file") + " listed by no digest: there are none of this account and Region. " +
			"They were deleted, or log file validation was never on here (--no-unnamed)"
		for i, line := range wrap(text, max(30, v.sc.width-4)) {
			fmt.Fprintf(v.w, "  %s %s\n", []string{v.sc.paint(loud, "✗"), " "}[min(i, 1)], v.sc.paint(red, line))
		}
		f.Unnamed, f.UnnamedLeftOut = nil, 0
	}
	for _, name := range f.Unnamed {
		fmt.Fprintf(v.w, "  %s log file %s\n      %s\n", v.sc.paint(loud, "✗"), clean(name), v.sc.paint(red, "no digest lists it, although digests cover its time"))
	}
	if f.UnnamedLeftOut > 0 {
		fmt.Fprintf(v.w, "  and %s\n", count(f.UnnamedLeftOut, "further log file"))
	}
	if f.Uncovered > 0 {
		whose := "their"
		if f.Uncovered == 1 {
			whose = "its"
		}
		fmt.Fprintf(v.w, "  %s not listed by a digest, as %s time is not covered (yet)\n", count(f.Uncovered, "log file"), whose)
	}
}

// stored shows the comparison with what a server took in, if there is one.
func (v *validateView) stored(r *flow.StoredReport) {
	if r == nil {
		return
	}
	text := thousands(r.TakenIn) + " of " + count(r.Named, "log file") + " taken in"
	if r.TakenIn == r.Named {
		text = v.sc.paint(green, text)
	}
	fmt.Fprintf(v.w, "\n%s\n  %s\n", v.sc.paint(bold, clean("tocsin serve, "+r.Data)), text)
	if r.Forgotten > 0 {
		for _, line := range wrap(count(r.Forgotten, "log file")+" older than what the server remembers (keep.marks): whether it took them in is not known", max(30, v.sc.width-4)) {
			fmt.Fprintf(v.w, "  %s\n", v.sc.paint(dim, line))
		}
	}
	for _, file := range r.NotTakenIn {
		v.storedFile(file, "not taken in: the server has not seen its events")
	}
	for _, d := range r.Damaged {
		v.storedFile(d.File, "not, or not all, could be read when it was taken in: "+d.Problem)
	}
	for _, file := range r.Unnamed {
		v.storedFile(file, "taken in, but no digest lists it, although digests cover its time")
	}
	if r.LeftOut > 0 {
		fmt.Fprintf(v.w, "  and %s\n", count(r.LeftOut, "further log file"))
	}
}

func (v *validateView) storedFile(name, text string) {
	fmt.Fprintf(v.w, "  %s log file %s\n", v.sc.paint(loud, "✗"), clean(name))
	for _, line := range wrap(clean(text), max(30, v.sc.width-6)) {
		fmt.Fprintf(v.w, "      %s\n", v.sc.paint(red, line))
	}
}

// sum is the result in a line.
func (v *validateView) sum(r flow.ValidateReport) {
	var logs, digests flow.Verdicts
	for _, c := range r.Chains {
		logs = addVerdicts(logs, c.LogFiles)
		digests = addVerdicts(digests, addVerdicts(c.Digests, c.Backfill))
	}
	what := fmt.Sprintf("%s of %s and %s of %s are valid (%s)", thousands(logs.Valid), count(logs.Total(), "log file"),
		thousands(digests.Valid), count(digests.Total(), "digest"), elapsed(time.Duration(r.ElapsedMS)*time.Millisecond))
	switch {
	case r.Interrupted:
		what = v.sc.paint(yellow, "interrupted; so far "+what)
	case r.Wrong():
		what = v.sc.paint(loud, "NOT VALID: "+what)
	case r.Failed():
		what = v.sc.paint(loud, "NOT ALL CHECKED: "+what)
	case v.o.complete && r.Incomplete():
		what = v.sc.paint(loud, "NOT COMPLETE: "+what)
	default:
		what = v.sc.paint(green, "valid: "+what)
	}
	fmt.Fprintln(v.w, what)
}

func addVerdicts(a, b flow.Verdicts) flow.Verdicts {
	return flow.Verdicts{Valid: a.Valid + b.Valid, Invalid: a.Invalid + b.Invalid, Missing: a.Missing + b.Missing, Unreadable: a.Unreadable + b.Unreadable}
}
