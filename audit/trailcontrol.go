package audit

import (
	"strings"

	"tocsin/core/control"
)

// judgeTrails judges a control on trails or on their buckets: the best trail
// decides, or for what each trail must have the worst.
func (j *judge) judgeTrails(c *control.Control, f *Finding) {
	judgeOne, best := j.trailRule(c.ID)
	if judgeOne == nil {
		f.Status, f.Summary = NotAvailable, "no rule for this control"
		return
	}
	for i := range j.account.Trails {
		t := &j.account.Trails[i]
		links := judgeOne(t)
		if links == nil {
			continue
		}
		if f.Path == nil || best && worst(links) < worst(f.Path) || !best && worst(links) > worst(f.Path) {
			f.Path = links
		}
	}
	if f.Path == nil {
		f.Path = []Link{{Kind: TrailLink, Rank: Broken, problem: noTrail, Text: "there is no trail that the account owns"}}
		if best {
			f.Path[0].Text = "there is no trail"
		}
	}
	f.Status = statusOf(worst(f.Path))
}

// trailRule is how a control judges one trail, and whether one good trail is
// enough. Nil links are for a trail that is not the account's to answer for.
func (j *judge) trailRule(id string) (rule func(*Trail) []Link, best bool) {
	a := j.account
	own := func(rule func(*Trail) []Link) func(*Trail) []Link {
		return func(t *Trail) []Link {
			if t.Account() != a.ID {
				return nil
			}
			return rule(t)
		}
	}
	switch id {
	case "trail-multi-region":
		return func(t *Trail) []Link {
			return []Link{a.trailLink(t, ""), a.selectorLink(t, part{category: "Management", reads: true, writes: true})}
		}, true
	case "trail-cloudwatch-integration":
		return func(t *Trail) []Link { return []Link{a.statusOnly(t), a.groupLink(t)} }, true
	case "s3-data-events-write":
		return func(t *Trail) []Link {
			return []Link{a.trailLink(t, ""), a.selectorLink(t, part{category: "Data", source: "s3.amazonaws.com", writes: true})}
		}, true
	case "s3-data-events-read":
		return func(t *Trail) []Link {
			return []Link{a.trailLink(t, ""), a.selectorLink(t, part{category: "Data", source: "s3.amazonaws.com", reads: true})}
		}, true
	case "trail-log-validation":
		return own(a.validationLinks), false
	case "trail-kms-encryption":
		return own(a.trailKeyLinks), false
	case "trail-bucket-not-public":
		return own(a.bucketPublicLinks), false
	case "trail-bucket-access-logging":
		return own(a.bucketLoggingLinks), false
	}
	return nil, false
}

func (a *Account) plainTrail(t *Trail) Link {
	return Link{Kind: TrailLink, Name: t.Name, of: t.ARN, evidence: evidence("cloudtrail:DescribeTrails", t.ARN, t.answer)}
}

// statusOnly is the trail's link without regard to its Regions.
func (a *Account) statusOnly(t *Trail) Link {
	l := a.trailLink(t, "")
	if l.problem == trailSingleRegion {
		l.Rank, l.problem, l.Text = Holds, nothing, ""
	}
	return l
}

// selectorLink judges what a trail selects of a kind of events; leaving out
// sources breaks it, as in Security Hub's reading.
func (a *Account) selectorLink(t *Trail, pt part) Link {
	l := Link{Kind: SelectorLink, Name: t.Name}
	if t.Selectors == nil {
		l.Rank, l.Text = Unknown, a.unread("cloudtrail:GetEventSelectors", t.ARN)
		return l
	}
	l.evidence = evidence("cloudtrail:GetEventSelectors", t.ARN, t.Selectors.answer)
	problems := map[bool]problem{true: dataEvents, false: selectorsNarrow}
	for i, needed := range []bool{pt.writes, pt.reads} {
		s := t.Selectors.selected(pt, i == 1)
		if needed && s.rank() == Unknown {
			l.Rank, l.Text = max(l.Rank, Unknown), s.unsaid
		} else if needed && s.truth != yes {
			l.Rank, l.problem = Broken, problems[pt.category == "Data"]
			l.Text = "not all " + [...]string{"write", "read"}[i] + " events are logged: " + strings.Join(s.without, "; ")
		}
	}
	return l
}

func (a *Account) validationLinks(t *Trail) []Link {
	l := a.plainTrail(t)
	switch {
	case t.Validation == nil:
		l.Rank, l.Text = Unknown, "the answer does not say whether log files are validated"
	case !*t.Validation:
		l.Rank, l.problem, l.Text = Broken, trailValidation, "it makes no digest files"
	}
	return []Link{l}
}

func (a *Account) trailKeyLinks(t *Trail) []Link {
	l := a.plainTrail(t)
	if t.KMSKey == "" {
		l.Rank, l.problem, l.Text = Broken, trailKey, "its log files are not encrypted with a KMS key"
		return []Link{l}
	}
	key := Link{Kind: KeyLink, Name: t.KMSKey}
	k := a.key(t.KMSKey, t.ARN)
	switch {
	case t.delivers(a.At):
		key.Text = "log files were delivered with it lately"
	case k == nil || k.State == "":
		key.Rank, key.Text = Unknown, a.unread("kms:DescribeKey", t.KMSKey)
	case k.State != "Enabled":
		key.Rank, key.problem, key.Text = Broken, trailKey, "the key is in the state "+k.State
	}
	return []Link{l, key}
}

func (a *Account) bucketOf(t *Trail) (Link, *Bucket) {
	l := Link{Kind: BucketLink, Name: t.Bucket}
	for i := range a.Buckets {
		if a.Buckets[i].Name == t.Bucket {
			return l, &a.Buckets[i]
		}
	}
	l.Rank, l.Text = Unknown, "the answer does not name the trail's bucket"
	return l, nil
}

func (a *Account) bucketPublicLinks(t *Trail) []Link {
	l, b := a.bucketOf(t)
	switch {
	case b == nil:
	case b.Public == nil:
		l.Rank, l.Text = Unknown, a.unreadAny(b.Name, "s3:GetBucketPublicAccessBlock", "s3:GetBucketPolicyStatus", "s3:GetBucketAcl")
	case *b.Public:
		l.Rank, l.problem, l.Text = Broken, bucketPublic, b.Why
	default:
		l.Text = b.Why
	}
	return []Link{a.plainTrail(t), l}
}

func (a *Account) bucketLoggingLinks(t *Trail) []Link {
	l, b := a.bucketOf(t)
	switch {
	case b == nil:
	case b.LogTarget == nil:
		l.Rank, l.Text = Unknown, a.unreadAny(b.Name, "s3:GetBucketLogging")
	case *b.LogTarget == "":
		l.Rank, l.problem, l.Text = Broken, bucketLogging, "access to it is not logged"
	}
	return []Link{a.plainTrail(t), l}
}

// unreadAny names the first permission of some that was missing on a bucket.
func (a *Account) unreadAny(bucket string, actions ...string) string {
	arn := "arn:" + a.Partition + ":s3:::" + bucket
	for _, action := range actions {
		if m, ok := a.missing(action, arn); ok {
			return m.Text()
		}
	}
	return "the answers do not say"
}
