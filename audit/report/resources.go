package report

import (
	"encoding/json"
	"slices"
	"strings"

	"tocsin/audit"
)

// A resource is one of the account's that a finding speaks of.
type resource struct {
	id     string // ARN where there is one
	kind   string // of the link
	name   string
	region string // "" where it has none
}

// hubTypes are the resource types of Security Hub; what it has no type for is Other.
var hubTypes = map[string]string{
	audit.TrailLink: "AwsCloudTrailTrail", audit.SelectorLink: "AwsCloudTrailTrail", audit.AlarmLink: "AwsCloudWatchAlarm",
	audit.CompositeLink: "AwsCloudWatchAlarm", audit.TopicLink: "AwsSnsTopic", audit.KeyLink: "AwsKmsKey", audit.BucketLink: "AwsS3Bucket",
}

// resourcesOf are the resources of a finding's chain, the one that broke first,
// each once and at most limit of them. What has no name is not there, or not known.
// Empty when there are none: the finding is about the account.
func resourcesOf(r *Report, f *audit.Finding, limit int) []resource {
	var found []resource
	at := place{partition: r.Partition, account: r.Account, region: r.Region}
	if at.partition == "" {
		at.partition = "aws"
	}
	arns := arnsOf(f)
	for i, l := range f.Path {
		if l.Name == "" {
			continue
		}
		one := resource{kind: l.Kind, name: l.Name, id: at.arn(l, arns)}
		if l.Kind == audit.LogGroupLink {
			at.moveTo(one.id) // filters and alarms live where the log group does
		}
		if parts := strings.SplitN(one.id, ":", 6); len(parts) == 6 && parts[0] == "arn" {
			one.region = parts[3]
		} else if one.kind != audit.BucketLink {
			one.region = at.region
		}
		if slices.ContainsFunc(found, func(r resource) bool { return r.id == one.id }) {
			continue
		}
		if i == f.Broke {
			found = slices.Insert(found, 0, one)
		} else {
			found = append(found, one)
		}
	}
	return found[:min(limit, len(found))]
}

// A place is where the links of a chain live.
type place struct{ partition, account, region string }

func (p *place) moveTo(arn string) {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		p.region, p.account = parts[3], parts[4]
	}
}

// arn is the ARN of a link's resource: its name, what the evidence says, or what
// it is made of.
func (p *place) arn(l audit.Link, arns map[string]string) string {
	here := "arn:" + p.partition + ":"
	switch {
	case strings.HasPrefix(l.Name, "arn:"):
		return l.Name
	case arns[l.Kind+" "+l.Name] != "":
		return arns[l.Kind+" "+l.Name]
	}
	switch l.Kind {
	case audit.TrailLink, audit.SelectorLink:
		return here + "cloudtrail:" + p.region + ":" + p.account + ":trail/" + l.Name
	case audit.LogGroupLink:
		return here + "logs:" + p.region + ":" + p.account + ":log-group:" + l.Name
	case audit.AlarmLink, audit.CompositeLink:
		return here + "cloudwatch:" + p.region + ":" + p.account + ":alarm:" + l.Name
	case audit.BucketLink:
		return here + "s3:::" + l.Name
	}
	// Metric filters, metrics and selectors have no ARN.
	return strings.Join([]string{p.account, p.region, l.Kind, l.Name}, "/")
}

// arnsOf are the ARNs that the answers name, by kind and name of the link.
func arnsOf(f *audit.Finding) map[string]string {
	arns := map[string]string{}
	for _, e := range f.Evidence {
		var said struct{ AlarmName, AlarmArn, Name, TrailARN, CloudWatchLogsLogGroupArn string }
		if json.Unmarshal(e.Answer, &said) != nil {
			continue
		}
		if said.AlarmArn != "" {
			arns[audit.AlarmLink+" "+said.AlarmName], arns[audit.CompositeLink+" "+said.AlarmName] = said.AlarmArn, said.AlarmArn
		}
		if said.TrailARN != "" && said.Name != "" {
			arns[audit.TrailLink+" "+said.Name], arns[audit.SelectorLink+" "+said.Name] = said.TrailARN, said.TrailARN
		}
		if group := strings.TrimSuffix(said.CloudWatchLogsLogGroupArn, ":*"); group != "" {
			_, name, _ := strings.Cut(group, ":log-group:")
			arns[audit.LogGroupLink+" "+name] = group
		}
	}
	return arns
}
