#!/bin/sh
# Examples: sh bin/tools.sh org.apache.rocketmq.example.quickstart.Producer, or Producer for short
wrapper=$0
while [ -h "$wrapper" ]; do
  target=$(readlink "$wrapper")
  case $target in /*) wrapper=$target ;; *) wrapper=$(dirname "$wrapper")/$target ;; esac
done
case $wrapper in */*) folder=${wrapper%/*} ;; *) folder=. ;; esac
command=mqtools
. "$folder/run.sh"
