package audit

import (
	"context"
	"sync"
	"time"
)

// perSecond are the calls a second that the audit makes at most, below the
// default quotas of an account and Region; others use those too.
var perSecond = map[string]float64{
	"cloudtrail:DescribeTrails": 5, "cloudtrail:GetTrailStatus": 5, "cloudtrail:GetEventSelectors": 5,
	"logs:DescribeMetricFilters": 4, "logs:DescribeLogGroups": 4, "cloudwatch:ListAlarmMuteRules": 4, "cloudwatch:GetAlarmMuteRule": 4,
	"cloudwatch:DescribeAlarms": 8, "cloudwatch:DescribeAlarmHistory": 8,
}

// otherPerSecond is for what perSecond does not name. Bursts of burst are let through.
const (
	otherPerSecond = 15
	burst          = 4
)

// A Pacer keeps audits that run at once below AWS's quotas, which an account and
// Region has for each action: many accounts share the log group of an
// organization's trail. The zero value is ready.
type Pacer struct {
	mu     sync.Mutex
	limits map[question]*bucket // guarded by mu; of questions about nothing in particular
}

// A bucket holds the calls that may be made at once; it fills up with time.
type bucket struct {
	calls float64
	at    time.Time
}

// wait waits until the action may be asked for again in the account and Region.
func (p *Pacer) wait(ctx context.Context, action, account, region string) error {
	d := p.take(question{action: action, account: account, region: region}, time.Now())
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// take takes a call and tells how long to wait before it is made.
func (p *Pacer) take(q question, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	per, ok := perSecond[q.action]
	if !ok {
		per = otherPerSecond
	}
	b := p.limits[q]
	if b == nil {
		b = &bucket{calls: burst, at: now}
		if p.limits == nil {
			p.limits = map[question]*bucket{}
		}
		p.limits[q] = b
	}
	b.calls = min(burst, b.calls+now.Sub(b.at).Seconds()*per) - 1
	b.at = now
	return time.Duration(max(0, -b.calls) / per * float64(time.Second))
}
