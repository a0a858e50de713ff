package alarm

import "slices"

// Cycle finds a way from a composite alarm through children back to itself: the
// ARNs from start on, ending in start again. It is nil when there is none.
// Children tells the ARNs that an alarm's rule and suppressor refer to; a metric
// alarm has none. CloudWatch stops evaluating alarms on a cycle and does not
// delete them.
func Cycle(start string, children func(arn string) []string) []string {
	seen := map[string]bool{}
	var path []string
	var visit func(arn string) bool
	visit = func(arn string) bool {
		path = append(path, arn)
		for _, child := range children(arn) {
			if child == start {
				path = append(path, start)
				return true
			}
			if !seen[child] {
				seen[child] = true
				if visit(child) {
					return true
				}
			}
		}
		path = path[:len(path)-1]
		return false
	}
	if visit(start) {
		return slices.Clip(path)
	}
	return nil
}
