"""The tour of CloudWatch Logs: groups, streams, events, filters, and who may use them."""

import gzip
import http.server
import json
import queue
import threading
import time

from tour import ACCOUNT, REGION, client, eventually, pages, refused, same

logs, cloudwatch = client("logs"), client("cloudwatch")
NAME = "/tour/main"
ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{NAME}"

# Log groups.
logs.create_log_group(logGroupName=NAME, tags={"team": "security"})
with refused(logs.exceptions.ResourceAlreadyExistsException, message="The specified log group already exists"):
    logs.create_log_group(logGroupName=NAME)
with refused(logs.exceptions.InvalidParameterException):
    logs.create_log_group(logGroupName="a:b")
for i in range(4):
    logs.create_log_group(logGroupName=f"/tour/other-{i}")
found = pages(logs, "describe_log_groups", "logGroups", logGroupNamePrefix="/tour/")
same([g["logGroupName"] for g in found], [NAME] + [f"/tour/other-{i}" for i in range(4)])
same((found[0]["arn"], found[0]["logGroupArn"], "retentionInDays" in found[0]), (ARN + ":*", ARN, False))
same([g["logGroupName"] for g in logs.list_log_groups(logGroupNamePattern="other-3")["logGroups"]], ["/tour/other-3"])
logs.put_retention_policy(logGroupName=NAME, retentionInDays=30)
same(logs.describe_log_groups(logGroupNamePrefix=NAME)["logGroups"][0]["retentionInDays"], 30)
with refused(logs.exceptions.InvalidParameterException):
    logs.put_retention_policy(logGroupName=NAME, retentionInDays=31)
logs.delete_retention_policy(logGroupName=NAME)
assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix=NAME)["logGroups"][0]
key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000"
logs.associate_kms_key(logGroupName=NAME, kmsKeyId=key)
same(logs.describe_log_groups(logGroupNamePrefix=NAME)["logGroups"][0]["kmsKeyId"], key)
logs.disassociate_kms_key(logGroupName=NAME)
logs.put_log_group_deletion_protection(logGroupIdentifier="/tour/other-3", deletionProtectionEnabled=True)
with refused(logs.exceptions.ValidationException):
    logs.delete_log_group(logGroupName="/tour/other-3")
logs.put_log_group_deletion_protection(logGroupIdentifier="/tour/other-3", deletionProtectionEnabled=False)

# Tags, the way of now and the one of before.
logs.tag_resource(resourceArn=ARN, tags={"a": "b"})
logs.untag_resource(resourceArn=ARN, tagKeys=["team"])
same(logs.list_tags_for_resource(resourceArn=ARN)["tags"], {"a": "b"})
logs.tag_log_group(logGroupName=NAME, tags={"c": "d"})
logs.untag_log_group(logGroupName=NAME, tags=["a"])
same(logs.list_tags_log_group(logGroupName=NAME)["tags"], {"c": "d"})

# Streams and events.
for name in ("one", "two", "three"):
    logs.create_log_stream(logGroupName=NAME, logStreamName=name)
with refused(logs.exceptions.ResourceAlreadyExistsException, message="The specified log stream already exists"):
    logs.create_log_stream(logGroupName=NAME, logStreamName="one")
same([s["logStreamName"] for s in pages(logs, "describe_log_streams", "logStreams", logGroupName=NAME)], ["one", "three", "two"])
now = int(time.time() * 1000)
line = lambda i: json.dumps({"eventName": "ConsoleLogin" if i % 2 else "GetUser", "number": i, "userIdentity": {"type": "Root"}})
put = logs.put_log_events(logGroupName=NAME, logStreamName="one", logEvents=[{"timestamp": now - 1000 + i, "message": line(i)} for i in range(9)])
assert put["nextSequenceToken"] and "rejectedLogEventsInfo" not in put
logs.put_log_events(logGroupName=NAME, logStreamName="two", logEvents=[{"timestamp": now, "message": "plain text with ERROR in it"}], sequenceToken="of no matter")
rejected = logs.put_log_events(logGroupName=NAME, logStreamName="two", logEvents=[
    {"timestamp": now - 20 * 86400_000, "message": "too old"}, {"timestamp": now, "message": "right"}, {"timestamp": now + 3 * 3600_000, "message": "too new"}])
same(rejected["rejectedLogEventsInfo"], {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2})
with refused(logs.exceptions.InvalidParameterException, message="chronological"):
    logs.put_log_events(logGroupName=NAME, logStreamName="two", logEvents=[{"timestamp": now, "message": "b"}, {"timestamp": now - 1, "message": "a"}])
with refused(logs.exceptions.ResourceNotFoundException, message="The specified log stream does not exist."):
    logs.put_log_events(logGroupName=NAME, logStreamName="four", logEvents=[{"timestamp": now, "message": "x"}])
with refused(logs.exceptions.ResourceNotFoundException, message="The specified log group does not exist."):
    logs.put_log_events(logGroupName="/tour/missing", logStreamName="one", logEvents=[{"timestamp": now, "message": "x"}])
latest = logs.describe_log_streams(logGroupName=NAME, orderBy="LastEventTime", descending=True, limit=1)["logStreams"][0]
same((latest["logStreamName"], latest["lastEventTimestamp"]), ("two", now))

forward = logs.get_log_events(logGroupName=NAME, logStreamName="one", startFromHead=True, limit=5)
same([json.loads(e["message"])["number"] for e in forward["events"]], [0, 1, 2, 3, 4])
more = logs.get_log_events(logGroupName=NAME, logStreamName="one", startFromHead=True, limit=5, nextToken=forward["nextForwardToken"])
same([json.loads(e["message"])["number"] for e in more["events"]], [5, 6, 7, 8])
end = logs.get_log_events(logGroupName=NAME, logStreamName="one", startFromHead=True, nextToken=more["nextForwardToken"])
same((end["events"], end["nextForwardToken"]), ([], more["nextForwardToken"]))
back = logs.get_log_events(logGroupName=NAME, logStreamName="one", limit=5, nextToken=more["nextBackwardToken"])
same([json.loads(e["message"])["number"] for e in back["events"]], [0, 1, 2, 3, 4])

logins = pages(logs, "filter_log_events", "events", logGroupName=NAME, filterPattern='{ $.eventName = "ConsoleLogin" }')
same([json.loads(e["message"])["number"] for e in logins], [1, 3, 5, 7])
same(len({e["eventId"] for e in logins}), 4)
same([e["message"] for e in logs.filter_log_events(logGroupName=NAME, filterPattern="ERROR", logStreamNames=["two"])["events"]], ["plain text with ERROR in it"])
same(len(logs.filter_log_events(logGroupName=NAME, startTime=now - 998, endTime=now - 995)["events"]), 4)
with refused(logs.exceptions.InvalidParameterException, message="filter pattern"):
    logs.filter_log_events(logGroupName=NAME, filterPattern="{ $.eventName = }")

# Who follows, as aws logs tail does, sees each event once.
follow = {"logGroupName": NAME, "filterPattern": "followed", "startTime": now - 1000, "interleaved": True}
seen, ids = [], set()
for i in range(6):
    logs.put_log_events(logGroupName=NAME, logStreamName="one" if i % 2 else "two", logEvents=[{"timestamp": now + i // 3, "message": f"followed {i}"}])
    for page in logs.get_paginator("filter_log_events").paginate(PaginationConfig={"PageSize": 2}, **follow):
        for event in page["events"]:
            if event["eventId"] not in ids:
                ids.add(event["eventId"])
                seen.append(event["message"])
                follow["startTime"] = event["timestamp"]
same(seen, [f"followed {i}" for i in range(6)])

# A Live Tail has what comes in while it looks.
tail = logs.start_live_tail(logGroupIdentifiers=[ARN], logEventFilterPattern="{ $.live IS TRUE }")["responseStream"]
stream = iter(tail)
start = next(stream)["sessionStart"]
same((start["logGroupIdentifiers"], start["logEventFilterPattern"]), ([ARN], "{ $.live IS TRUE }"))
logs.put_log_events(logGroupName=NAME, logStreamName="three", logEvents=[
    {"timestamp": now, "message": '{"live": true}'}, {"timestamp": now, "message": '{"live": false}'}])
for event in stream:
    if event["sessionUpdate"]["sessionResults"]:
        same([(r["message"], r["logStreamName"]) for r in event["sessionUpdate"]["sessionResults"]], [('{"live": true}', "three")])
        break
tail.close()

# Metric filters count.
transformation = {"metricName": "Logins", "metricNamespace": "Tour", "metricValue": "1", "defaultValue": 0.0}
logs.put_metric_filter(logGroupName=NAME, filterName="logins", filterPattern='{ $.eventName = "ConsoleLogin" }', metricTransformations=[transformation])
for i in range(3):
    logs.put_metric_filter(logGroupName=NAME, filterName=f"other-{i}", filterPattern="ERROR", metricTransformations=[
        {"metricName": f"Errors{i}", "metricNamespace": "Tour", "metricValue": "1"}])
same([f["filterName"] for f in pages(logs, "describe_metric_filters", "metricFilters", logGroupName=NAME)], ["logins", "other-0", "other-1", "other-2"])
of = logs.describe_metric_filters(metricName="Logins", metricNamespace="Tour")["metricFilters"]
same([(f["filterName"], f["logGroupName"], f["metricTransformations"]) for f in of], [("logins", NAME, [transformation])])
with refused(logs.exceptions.InvalidParameterException):
    logs.put_metric_filter(logGroupName=NAME, filterName="broken", filterPattern="{ $.a = ", metricTransformations=[transformation])
matches = logs.test_metric_filter(filterPattern="[a, b, c = x*]", logEventMessages=["1 2 xyz", "1 2 3"])["matches"]
same([(m["eventNumber"], m["extractedValues"]) for m in matches], [(1, {"$a": "1", "$b": "2", "$c": "xyz"})])
logs.put_log_events(logGroupName=NAME, logStreamName="one", logEvents=[{"timestamp": now + i, "message": line(i)} for i in range(4)])


def counted():
    points = cloudwatch.get_metric_statistics(Namespace="Tour", MetricName="Logins", Statistics=["Sum"], Period=3600,
                                              StartTime=now / 1000 - 7200, EndTime=now / 1000 + 7200)["Datapoints"]
    return sum(p["Sum"] for p in points) == 2


eventually("what the filter counts is a metric", counted)
logs.delete_metric_filter(logGroupName=NAME, filterName="other-0")
with refused(logs.exceptions.ResourceNotFoundException):
    logs.delete_metric_filter(logGroupName=NAME, filterName="other-0")

# Subscription filters send on.
sent = queue.Queue()


class Destination(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        sent.put(json.loads(gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


destination = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Destination)
threading.Thread(target=destination.serve_forever, daemon=True).start()
logs.put_subscription_filter(logGroupName=NAME, filterName="on", filterPattern="{ $.on IS TRUE }", destinationArn=f"http://127.0.0.1:{destination.server_port}/")
same(sent.get(timeout=180)["messageType"], "CONTROL_MESSAGE")
logs.put_log_events(logGroupName=NAME, logStreamName="two", logEvents=[{"timestamp": now, "message": '{"on": true}'}, {"timestamp": now, "message": '{"on": false}'}])
message = sent.get(timeout=180)
same((message["messageType"], message["logGroup"], message["subscriptionFilters"], [e["message"] for e in message["logEvents"]]),
     ("DATA_MESSAGE", NAME, ["on"], ['{"on": true}']))
same([f["filterName"] for f in pages(logs, "describe_subscription_filters", "subscriptionFilters", logGroupName=NAME)], ["on"])
with refused(logs.exceptions.InvalidParameterException):
    logs.put_subscription_filter(logGroupName=NAME, filterName="nowhere", filterPattern="", destinationArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue")
logs.delete_subscription_filter(logGroupName=NAME, filterName="on")
same(logs.describe_subscription_filters(logGroupName=NAME)["subscriptionFilters"], [])

# Resource policies.
document = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"}, "Action": "logs:PutLogEvents", "Resource": ARN + ":*"}]})
same(logs.put_resource_policy(policyName="delivery", policyDocument=document)["resourcePolicy"]["policyName"], "delivery")
same([p["policyDocument"] for p in pages(logs, "describe_resource_policies", "resourcePolicies")], [document])
with refused(logs.exceptions.InvalidParameterException):
    logs.put_resource_policy(policyName="broken", policyDocument="{")
logs.delete_resource_policy(policyName="delivery")
with refused(logs.exceptions.ResourceNotFoundException):
    logs.delete_resource_policy(policyName="delivery")

logs.delete_log_stream(logGroupName=NAME, logStreamName="two")
same(logs.filter_log_events(logGroupName=NAME, filterPattern="ERROR")["events"], [])
for group in found:
    logs.delete_log_group(logGroupName=group["logGroupName"])
with refused(logs.exceptions.ResourceNotFoundException, message="The specified log group does not exist."):
    logs.describe_log_streams(logGroupName=NAME)
