package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tocsin/app"
	"tocsin/core/digest"
	"tocsin/flow"
	"tocsin/source"
)

type validateOptions struct {
	trailARN, account, region string
	start, end                string
	bucket, prefix            string
	publicKeys                []string
	keyCache                  string
	offline                   bool
	format                    string
	asJSON                    bool
	verbose                   bool
	complete, noUnnamed       bool
	resume                    string
	data                      string
	workers                   int
}

// validateFormats are the values of --format.
var validateFormats = []string{"table", "aws", "json", "junit"}

func newValidateLogs(s Streams) *cobra.Command {
	var o validateOptions
	cmd := &cobra.Command{
		Use:     "validate-logs [flags] [s3://bucket/prefix | DIR]",
		GroupID: "logs",
		Short:   "Prove by the digest files that no log file was changed or is missing",
		Long: `Verifies CloudTrail's digest files, and with them as a manifest every log file:
unchanged, changed or missing, and what stretch of time the digests cover. Reads
a bucket (no CloudTrail permission is needed with --public-keys), a directory
that mirrors one, or the bucket of the trail that --trail-arn names.
See docs/validate-logs.md.`,
		Example: `  tocsin validate-logs s3://my-trail
  tocsin validate-logs --start-time 7d s3://my-trail/AWSLogs/111122223333/
  tocsin validate-logs --public-keys keys.json mirror/
  tocsin validate-logs --format aws --start-time 2024-03-07T00:00:00Z \
      --trail-arn arn:aws:cloudtrail:eu-west-1:111122223333:trail/main`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return &usageError{fmt.Errorf("unexpected argument %q: one bucket or directory at a time", args[1]), true}
			}
			return nil
		},
		Annotations: map[string]string{exitCodes: `0  valid: nothing is changed or missing
1  failed: no digests, or something could not be read
2  wrong usage or input
3  something is changed, missing, not listed by any digest, or not taken in
With --format aws those of the AWS CLI: 0, 1 invalid, 254 and 255 errors`},
		RunE: func(cmd *cobra.Command, args []string) error { return runValidateLogs(cmd.Context(), o, args, s) },
	}
	o.addFlags(cmd.Flags())
	completeWords(cmd, "format", validateFormats...)
	completeFolders(cmd, "data")
	completeFolders(cmd, "key-cache")
	return cmd
}

func (o *validateOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.trailARN, "trail-arn", "", "only the digests of the trail with this `ARN`; without a place, CloudTrail is asked where it delivers")
	f.StringVar(&o.account, "account-id", "", "only those about the `ACCOUNT`, of an organization's trail")
	f.StringVar(&o.region, "region", "", "only those about log files of the `REGION` (--format aws: the trail's home Region by default)")
	f.StringVar(&o.start, "start-time", "", "log files delivered from this `TIME` on: 2h, 3d, 2024-03-07, RFC 3339 (default: all)")
	f.StringVar(&o.end, "end-time", "", "log files delivered up to this `TIME` (default: now)")
	f.StringVar(&o.bucket, "s3-bucket", "", "the `BUCKET`, as the AWS CLI has it: the same as s3://BUCKET")
	f.StringVar(&o.prefix, "s3-prefix", "", "with --s3-bucket, the `PREFIX` of the trail's keys")
	f.StringArrayVar(&o.publicKeys, "public-keys", nil, "take the public keys from a `FILE` that aws cloudtrail list-public-keys printed; may be repeated")
	f.StringVar(&o.keyCache, "key-cache", "", "keep public keys in this `DIR` (default tocsin/public-keys in the user's cache folder)")
	f.BoolVar(&o.offline, "offline", false, "take the public keys from the cache only")
	f.StringVar(&o.format, "format", "table", "`FORM` of the result: table, aws (what the AWS CLI prints), json or junit")
	f.BoolVar(&o.asJSON, "json", false, "the same as --format json (docs/validate-logs.md)")
	f.BoolVar(&o.verbose, "verbose", false, "with --format aws, also name what is valid")
	f.BoolVar(&o.complete, "complete", false, "exit with 3 also when some of the time is not covered")
	f.BoolVar(&o.noUnnamed, "no-unnamed", false, "do not look for log files that no digest lists")
	f.StringVar(&o.resume, "resume", "", "note in this `FILE` what is done, and do not read that again in another run")
	f.StringVar(&o.data, "data", "", "also compare with what tocsin serve took in, whose data `DIR` this is, whether it runs or not")
	f.IntVar(&o.workers, "workers", 0, "read `N` log files at a time (default four per processor)")
}

// A validation is what the options come to.
type validation struct {
	o      validateOptions
	s      Streams
	bucket string // empty: a directory
	prefix string
	dir    string
	filter flow.TrailFilter
	flow   flow.ValidateOptions
	// trails is asked where a trail delivers.
	trails func(context.Context) (*source.CloudTrail, error)
	stored func() error // closes what --data names; may be nil
}

func runValidateLogs(ctx context.Context, o validateOptions, args []string, s Streams) error {
	if o.asJSON {
		o.format = "json"
	}
	if !slices.Contains(validateFormats, o.format) {
		return usagef("--format: %q is not one of %s%s", o.format, strings.Join(validateFormats, ", "), didYouMean(o.format, validateFormats))
	}
	if o.workers < 0 {
		return usagef("--workers cannot be negative")
	}
	v := &validation{o: o, s: s, trails: source.NewCloudTrail}
	v.flow = flow.ValidateOptions{Workers: o.workers, Unnamed: !o.noUnnamed, Progress: new(flow.ValidateProgress)}
	if o.format == "aws" {
		return v.asCLI(ctx, args)
	}
	if err := v.prepare(ctx, args); err != nil {
		return err
	}
	report, err := v.report(ctx)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(s.Out)
	switch o.format {
	case "json":
		err = writeJSON(out, report)
	case "junit":
		err = writeJUnit(out, report, o.complete)
	default:
		view := validateView{w: out, sc: newScreen(s.Out, s.Getenv), o: o}
		view.show(report)
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return validateStatus(report, o.complete)
}

// report opens what is read besides log files, validates, and closes it.
func (v *validation) report(ctx context.Context) (r flow.ValidateReport, err error) {
	if err := v.openData(ctx); err != nil {
		return r, err
	}
	if v.stored != nil {
		defer func() { err = errors.Join(err, v.stored()) }()
	}
	closing, err := v.openResume()
	if err != nil {
		return r, err
	}
	if closing != nil {
		defer func() { err = errors.Join(err, closing()) }()
	}
	return v.run(ctx)
}

// validateStatus is the exit code that a report stands for.
func validateStatus(r flow.ValidateReport, complete bool) error {
	switch {
	case r.Interrupted:
		return exitStatus(exitFailed)
	case r.Wrong() && !onlyUnread(r):
		return exitStatus(exitFindings)
	case r.Wrong() || r.Failed():
		return exitStatus(exitFailed)
	case complete && r.Incomplete():
		return exitStatus(exitFindings)
	}
	return nil
}

// onlyUnread tells whether all findings are of files that could not be read.
func onlyUnread(r flow.ValidateReport) bool {
	for _, c := range r.Chains {
		if slices.ContainsFunc(c.Findings, func(f flow.Finding) bool { return f.Reason != digest.Unreadable }) {
			return false
		}
	}
	return !slices.ContainsFunc(r.Folders, func(f flow.FolderReport) bool { return len(f.Unnamed) > 0 }) && !r.Stored.Wrong()
}

// run finds the chains and validates them.
func (v *validation) run(ctx context.Context) (flow.ValidateReport, error) {
	where := v.dir
	if where == "" {
		where = "s3://" + v.bucket + "/" + v.prefix
	}
	found, err := flow.FindChains(ctx, v.bucket, v.prefix, v.filter, v.flow)
	if err != nil {
		return flow.ValidateReport{}, err
	}
	if !slices.ContainsFunc(found.Chains, func(c flow.Chain) bool { return !c.Empty() }) {
		return flow.ValidateReport{}, fmt.Errorf("%s: no digest files of the time and trail asked for; they lie under AWSLogs/ACCOUNT/CloudTrail-Digest/ once log file validation is on", where)
	}
	v.flow.Bare = found.Bare
	var report flow.ValidateReport
	newValidateMeter(v.s).during(v.flow.Progress, func() { report, err = flow.Validate(ctx, found.Chains, v.flow) })
	return report, err
}

// prepare reads the options and opens what they name.
func (v *validation) prepare(ctx context.Context, args []string) error {
	now := v.s.Now()
	v.flow.End = now.UTC()
	for _, t := range []struct {
		flag, text string
		into       *time.Time
	}{{"--start-time", v.o.start, &v.flow.Start}, {"--end-time", v.o.end, &v.flow.End}} {
		if t.text == "" {
			continue
		}
		begin, end, ok := moment(t.text, now)
		if !ok {
			return usagef("%s: %q is no time; write 2h, 3d or 1w (ago), 2024-03-07, or 2024-03-07T12:00:00Z", t.flag, t.text)
		}
		if *t.into = begin; t.flag == "--end-time" && v.o.format != "aws" {
			*t.into = end
		}
	}
	if v.flow.Start.After(v.flow.End) {
		return usagef("--start-time must be before --end-time")
	}
	if err := v.readFilter(); err != nil {
		return err
	}
	if err := v.place(ctx, args); err != nil {
		return err
	}
	return v.keys(ctx)
}

// trailARN is the form of a trail's ARN.
var trailARN = regexp.MustCompile(`^arn:[^:]+:cloudtrail:([^:]+):(\d{12}):trail/(.+)$`)

func (v *validation) readFilter() error {
	v.filter = flow.TrailFilter{Account: v.o.account, Region: v.o.region}
	if v.o.trailARN == "" {
		return nil
	}
	m := trailARN.FindStringSubmatch(v.o.trailARN)
	if m == nil {
		return usagef("--trail-arn: %q is no ARN of a trail, such as arn:aws:cloudtrail:eu-west-1:111122223333:trail/main", v.o.trailARN)
	}
	// An organization's trail writes digests about every account; without
	// --account-id all are wanted.
	v.filter.Home, v.filter.Name = m[1], m[3]
	return nil
}

// place finds out where the digests are.
func (v *validation) place(ctx context.Context, args []string) error {
	switch {
	case len(args) == 1 && v.o.bucket != "":
		return usagef("name the bucket once: as %s or with --s3-bucket", args[0])
	case v.o.bucket == "" && v.o.prefix != "":
		return usagef("--s3-prefix needs --s3-bucket")
	case v.o.bucket != "":
		v.bucket, v.prefix = v.o.bucket, v.o.prefix
	case len(args) == 0 && v.o.trailARN == "":
		return &usageError{errors.New("name a place: s3://bucket/prefix, a directory, or a trail with --trail-arn"), true}
	case len(args) == 0:
		return v.askTrail(ctx)
	case source.Remote(args[0]):
		v.bucket, v.prefix, _ = strings.Cut(strings.TrimPrefix(args[0], "s3://"), "/")
		if v.bucket == "" {
			return usagef("%s: the bucket's name is missing; write s3://bucket/prefix", args[0])
		}
	default:
		mirror, err := source.OpenMirror(args[0])
		if errors.Is(err, fs.ErrNotExist) {
			return usagef("%s: no such directory", args[0])
		}
		if err != nil {
			return &usageError{err: err}
		}
		v.dir, v.flow.Objects, v.flow.Mirror = args[0], mirror, true
		return nil
	}
	v.flow.Objects = source.S3Objects(nil)
	return nil
}

// askTrail asks CloudTrail where the trail delivers.
func (v *validation) askTrail(ctx context.Context) error {
	api, err := v.trails(ctx)
	if err != nil {
		return err
	}
	home := trailARN.FindStringSubmatch(v.o.trailARN)[1]
	d, err := api.Trail(ctx, home, v.o.trailARN)
	if err != nil {
		return fmt.Errorf("%w (or name the bucket: s3://bucket/prefix)", err)
	}
	v.bucket, v.prefix = d.Bucket, d.Prefix
	v.flow.Objects = source.S3Objects(nil)
	return nil
}

// keys finds out where public keys are had from.
func (v *validation) keys(ctx context.Context) error {
	if len(v.o.publicKeys) > 0 {
		all := source.FixedKeys{}
		for _, name := range v.o.publicKeys {
			keys, err := source.KeysOf(name)
			if err != nil {
				return &usageError{err: fmt.Errorf("--public-keys: %w", err)}
			}
			maps.Copy(all, keys)
		}
		v.flow.Keys = all
		return nil
	}
	dir := v.o.keyCache
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("where to keep public keys: %w; name a folder with --key-cache", err)
		}
		dir = filepath.Join(cache, "tocsin", "public-keys")
	}
	cached := source.CachedKeys{Dir: dir}
	if !v.o.offline {
		api, err := v.trails(ctx)
		if err != nil {
			return err
		}
		cached.From = api
	}
	v.flow.Keys = cached
	return nil
}

// openData opens what tocsin serve keeps.
func (v *validation) openData(ctx context.Context) error {
	if v.o.data == "" {
		return nil
	}
	local, closing, err := app.OpenData(ctx, v.o.data)
	if errors.Is(err, fs.ErrNotExist) {
		return usagef("--data: %w", err)
	}
	if err != nil {
		return err
	}
	v.flow.Stored, v.stored = &flow.Stored{DB: local.State, Name: v.o.data}, closing
	return nil
}

// resumePlace is the place that what --resume notes is about. Of a bucket it is
// the whole, as digests name bucket and key of what they list. Another server
// may have a bucket of that name.
func (v *validation) resumePlace() (string, error) {
	if v.dir == "" {
		place := "s3://" + v.bucket
		if server := standIn(v.s.Getenv, "S3"); server != "" {
			place += " at " + server
		}
		return place, nil
	}
	dir, err := filepath.Abs(v.dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return "", fmt.Errorf("--resume: %w", err)
	}
	return dir, nil
}

// openResume opens the file of what is done.
func (v *validation) openResume() (closing func() error, err error) {
	if v.o.resume == "" {
		return nil, nil
	}
	f, err := os.OpenFile(v.o.resume, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, usagef("--resume: %w", err)
	}
	place, err := v.resumePlace()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	done, err := flow.NewDone(f, place)
	if err != nil {
		return nil, errors.Join(usagef("--resume %s: %w", v.o.resume, err), f.Close())
	}
	v.flow.Done = done
	return func() error { return errors.Join(done.Err(), f.Close()) }, nil
}
