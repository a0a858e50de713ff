package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"tocsin/core/digest"
	"tocsin/flow"
	"tocsin/source"
)

// The exit codes of the AWS CLI.
const (
	awsInvalid = 1   // a file is invalid or missing
	awsService = 254 // a service answered with an error
	awsGeneral = 255 // any other error
)

// awsTime is how the AWS CLI writes times.
const awsTime = "2006-01-02T15:04:05Z"

// asCLI does what `aws cloudtrail validate-logs` does: one trail, one account,
// one Region, its walk, its words and its exit status. The lines are an
// interface that people's scripts read.
func (v *validation) asCLI(ctx context.Context, args []string) error {
	if v.o.trailARN == "" || v.o.start == "" {
		return usagef("--format aws needs --trail-arn and --start-time, as the AWS CLI does")
	}
	if v.o.resume != "" || v.o.complete || v.o.data != "" {
		return usagef("--resume, --complete and --data do not go with --format aws, which prints what the AWS CLI prints")
	}
	report := &awsReport{out: bufio.NewWriter(v.s.Out), err: v.s.Err, verbose: v.o.verbose, arn: v.o.trailARN, doubleSpaced: true}
	err := v.walkAsCLI(ctx, args, report)
	if flushing := report.out.Flush(); err == nil && flushing != nil {
		err = fmt.Errorf("write the result: %w", flushing)
	}
	var usage *usageError
	switch {
	case errors.As(err, &usage) || ctx.Err() != nil:
		return err
	case err != nil:
		text, code := awsError(err)
		fmt.Fprintf(v.s.Err, "\n%s\n", cleanLines(text))
		return exitStatus(code)
	case report.digests.invalid+report.backfill.invalid+report.logs.invalid > 0:
		return exitStatus(awsInvalid)
	}
	return nil
}

// An awsFailure is an error with the AWS CLI's own text.
type awsFailure string

func (e awsFailure) Error() string { return string(e) }

// offset is the zone at the end of a time, which the AWS CLI does not convert
// from but overwrites with UTC.
var offset = regexp.MustCompile(`[+-]\d\d:?\d\d$`)

func (v *validation) walkAsCLI(ctx context.Context, args []string, report *awsReport) error {
	for _, text := range []*string{&v.o.start, &v.o.end} {
		if strings.Contains(*text, "T") {
			*text = offset.ReplaceAllString(*text, "Z")
		}
	}
	if !trailARN.MatchString(v.o.trailARN) {
		return awsFailure("Invalid trail ARN provided: " + v.o.trailARN)
	}
	err := v.prepare(ctx, args)
	if v.flow.Start.After(v.flow.End) {
		return awsFailure("Invalid time range specified: start-time must occur before end-time")
	}
	if err != nil {
		return err
	}
	report.start, report.end = v.flow.Start, v.flow.End
	t, err := v.oneTrail(ctx)
	if err != nil {
		return err
	}
	report.home = t.Home
	report.begin()
	c, err := flow.FindChain(ctx, v.flow.Objects, v.bucket, t, v.flow.Start, v.flow.End)
	if err != nil {
		return err
	}
	// There is no meter: the lines come as the walk goes.
	if err := flow.WalkAsCLI(ctx, c, v.flow, report.step); err != nil {
		return err
	}
	report.finish()
	return nil
}

// oneTrail is the trail, account and Region that the options come to.
func (v *validation) oneTrail(ctx context.Context) (digest.Trail, error) {
	m := trailARN.FindStringSubmatch(v.o.trailARN)
	t := digest.Trail{Prefix: strings.Trim(v.prefix, "/"), Home: m[1], Account: m[2], Name: path.Base(m[3]), Region: m[1]}
	if v.o.region != "" {
		t.Region = v.o.region
	}
	if v.o.account != "" {
		t.Account = v.o.account
	}
	if t.Prefix == "AWSLogs" || strings.HasPrefix(t.Prefix, "AWSLogs/") || strings.Contains(t.Prefix, "/AWSLogs") {
		return t, usagef("with --format aws name the place without AWSLogs/ and what follows it")
	}
	// The keys of an organization's trail have its id before the account's. The
	// AWS CLI asks Organizations for it; the bucket tells too.
	root := "AWSLogs/"
	if t.Prefix != "" {
		root = t.Prefix + "/" + root
	}
	folders, err := v.flow.Objects.Folders(ctx, v.bucket, root)
	if err != nil {
		return t, err
	}
	plain := false
	for _, f := range folders {
		name := path.Base(f)
		plain = plain || name == t.Account
		if strings.HasPrefix(name, "o-") {
			t.OrganizationID = name
		}
	}
	if plain {
		t.OrganizationID = ""
	}
	return t, nil
}

// awsError is an error's text and exit code as the AWS CLI has them.
func awsError(err error) (string, int) {
	var none *flow.NoKeysError
	var api smithy.APIError
	var operation *smithy.OperationError
	var trail *source.NoTrailError
	var service *source.APIError
	const answered = "An error occurred (%s) when calling the %s operation: %s"
	switch {
	case errors.As(err, &trail):
		return "A trail could not be found for " + trail.ARN, awsGeneral
	case errors.As(err, &service):
		return fmt.Sprintf(answered, service.Code, service.Operation, service.Message), awsService
	case errors.As(err, &none):
		return fmt.Sprintf("No public keys found between %s and %s", none.Start.Format(awsTime), none.End.Format(awsTime)), awsGeneral
	case errors.As(err, &api) && errors.As(err, &operation):
		return fmt.Sprintf(answered, api.ErrorCode(), operation.Operation(), api.ErrorMessage()), awsService
	}
	return err.Error(), awsGeneral
}

// ratio counts valid and invalid files.
type ratio struct{ valid, invalid int64 }

// An awsReport writes what the AWS CLI writes.
type awsReport struct {
	out        *bufio.Writer
	err        io.Writer
	verbose    bool
	arn, home  string
	start, end time.Time

	digests, backfill, logs ratio
	// first and last bound what valid digests cover of the time asked for.
	first, last time.Time
	// doubleSpaced: an empty line was the last thing written.
	doubleSpaced bool
}

func (r *awsReport) begin() {
	fmt.Fprintf(r.out, "Validating log files for trail %s between %s and %s\n\n", r.arn, r.start.Format(awsTime), r.end.Format(awsTime))
}

// step writes one step of the walk.
func (r *awsReport) step(s flow.StepResult) error {
	kind, counts := "", &r.digests
	if s.Backfill {
		kind, counts = "(backfill) ", &r.backfill
	}
	if s.Gap {
		r.wrong(fmt.Sprintf("%sNo log files were delivered by CloudTrail between %s and %s", kind, s.From.Format(awsTime), s.To.Format(awsTime)))
		return nil
	}
	d := s.Digest
	line := kind + "Digest file\t" + d.Place.String() + "\t"
	switch d.Verdict.Reason {
	case digest.Valid:
	case digest.Unreadable:
		return d.Verdict.Detail
	default:
		counts.invalid++
		r.wrong(line + "INVALID: " + r.words(d.Verdict))
		return nil
	}
	counts.valid++
	r.found(d.File)
	r.right(line + "valid")
	for i := range s.Logs {
		l := &s.Logs[i]
		line := "Log file\t" + l.Place.String() + "\t"
		switch l.Verdict.Reason {
		case digest.Valid:
			r.logs.valid++
			r.right(line + "valid")
		case digest.Unreadable:
			return l.Verdict.Detail
		default:
			r.logs.invalid++
			r.wrong(line + "INVALID: " + r.words(l.Verdict))
		}
	}
	return r.out.Flush()
}

// found widens what valid digests cover, within the time asked for.
func (r *awsReport) found(f *digest.File) {
	first, last := f.Start, f.End
	if first.Before(r.start) {
		first = r.start
	}
	if last.After(r.end) {
		last = r.end
	}
	if r.first.IsZero() || first.Before(r.first) {
		r.first = first
	}
	if r.last.IsZero() || last.After(r.last) {
		r.last = last
	}
}

// words are the AWS CLI's for a fault.
func (r *awsReport) words(v digest.Verdict) string {
	switch v.Reason {
	case digest.NotFound:
		return "not found"
	case digest.Moved:
		return "has been moved from its original location"
	case digest.NoSignature, digest.BadSignature:
		return "signature verification failed"
	case digest.OddSignature:
		return "Odd-length string"
	case digest.NotHex:
		return "Non-hexadecimal digit found"
	case digest.UnknownKey:
		var none *flow.NoKeysError
		if errors.As(v.Detail, &none) {
			text, _ := awsError(none)
			return text
		}
		return "public key not found in region " + r.home + " for fingerprint " + v.Fingerprint
	case digest.BadKey:
		return "Unable to load PKCS #1 key with fingerprint " + v.Fingerprint
	case digest.WrongHash, digest.UnknownHash:
		return "hash value doesn't match"
	case digest.TrailingBytes:
		return "unexpected data after end of compressed stream"
	}
	return "invalid format"
}

// right writes a line about what is valid.
func (r *awsReport) right(line string) {
	if r.verbose {
		r.doubleSpaced = false
		fmt.Fprintln(r.out, cleanLines(line))
	}
}

// wrong writes a line about what is not, between empty ones, after all that was
// written before: both may go to one terminal or file.
func (r *awsReport) wrong(line string) {
	_ = r.out.Flush() // it is sticky: the last one tells
	if !r.doubleSpaced {
		fmt.Fprintln(r.err)
	}
	fmt.Fprintf(r.err, "%s\n\n", cleanLines(line))
	r.doubleSpaced = true
}

func (r *awsReport) finish() {
	if !r.doubleSpaced {
		fmt.Fprintln(r.out)
	}
	fmt.Fprintf(r.out, "Results requested for %s to %s\n", r.start.Format(awsTime), r.end.Format(awsTime))
	switch {
	case r.digests == ratio{} && r.backfill == ratio{}:
		fmt.Fprintln(r.out, "No digests found")
		return
	case r.first.IsZero():
		fmt.Fprintln(r.out, "No valid digests found in range")
	default:
		fmt.Fprintf(r.out, "Results found for %s to %s:\n", r.first.Format(awsTime), r.last.Format(awsTime))
	}
	for _, of := range []struct {
		name string
		ratio
	}{{"digest", r.digests}, {"backfill digest", r.backfill}, {"log", r.logs}} {
		total := of.valid + of.invalid
		if total > 0 {
			fmt.Fprintf(r.out, "\n%d/%d %s files valid", of.valid, total, of.name)
		}
		if of.invalid > 0 {
			fmt.Fprintf(r.out, ", %d/%d %s files INVALID", of.invalid, total, of.name)
		}
	}
	fmt.Fprintln(r.out)
}
