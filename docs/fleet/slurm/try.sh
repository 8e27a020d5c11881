#!/bin/bash
# Proves `fleet` under Slurm on one machine: munge, slurmctld and slurmd as plain processes (proctrack/linuxproc, task/none,
# no accounting), an array of units over made repositories, tasks killed at random, one unit requeued by 75, one missing.
#   try.sh PINSTRIPE [WORK_DIRECTORY] [UNITS] [REPOSITORIES] [MIRRORS]
# MIRRORS is a directory of further repositories, which are scanned beside the made ones.
# Takes installed programs, or those that DEBS=DIR holds as Debian packages (`apt-get download slurmctld slurmd slurm-client
# slurm-wlm-basic-plugins munge libmunge2 libhwloc15 libjson-c5 liblz4-1 liblua5.1-0 libnuma1 libreadline8 libyaml-0-2`).
set -u -o pipefail
stepd=()
here=$(cd "$(dirname "$0")" && pwd)
pinstripe=$(readlink -f "${1:?the program}")
work=$(readlink -m "${2:-$(mktemp -d)}")
units=${3:-40} count=${4:-200} mirrors=${5:+$(readlink -f "$5")}
mkdir -p "$work"/{state,spool,log,bin}
export SLURM_CONF=$work/slurm.conf PATH

say() { printf '%s %s\n' "$(date +%T)" "$*"; }

if [ -n "${DEBS:-}" ]; then
  root=$work/root
  for package in "$DEBS"/*.deb; do dpkg -x "$package" "$root"; done
  libraries=$root/usr/lib/$(uname -m)-linux-gnu
  export LD_LIBRARY_PATH=$libraries:$libraries/slurm-wlm:$root/lib/$(uname -m)-linux-gnu
  PATH=$root/usr/sbin:$root/usr/bin:$PATH
  for program in slurmctld slurmd slurmstepd; do ln -sf "$program-wlm" "$root/usr/sbin/$program"; done
  stepd=(-d "$root/usr/sbin/slurmstepd")
  plugins="PluginDir=$libraries/slurm-wlm"
fi
for program in munged slurmctld slurmd sbatch scontrol squeue git; do
  command -v "$program" >/dev/null || { echo "skipped: $program is not here"; exit 0; }
done

pids=()
stop() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done; wait; }
trap stop EXIT

dd if=/dev/urandom of="$work/munge.key" bs=1024 count=1 2>/dev/null
chmod 400 "$work/munge.key"
munged --foreground --force --key-file="$work/munge.key" --socket="$work/munge.sock" --pid-file="$work/munge.pid" \
  --seed-file="$work/munge.seed" --log-file="$work/log/munged" --num-threads=2 >/dev/null 2>&1 & pids+=($!)
cat > "$SLURM_CONF" <<END
ClusterName=try
SlurmctldHost=$(hostname -s)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
SlurmctldPort=26817
SlurmdPort=26818
AuthType=auth/munge
AuthInfo=socket=$work/munge.sock
CryptoType=crypto/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/log/slurmctld
SlurmdLogFile=$work/log/slurmd
${plugins:-}
NodeName=$(hostname -s) CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
END
sleep 1
slurmctld -D >/dev/null 2>&1 & pids+=($!)
slurmd -D "${stepd[@]}" >/dev/null 2>&1 & pids+=($!)
for _ in $(seq 60); do sinfo -h 2>/dev/null | grep -q idle && break; sleep 1; done
sinfo -h | grep -q idle || { echo "failed: the node does not come up; see $work/log"; exit 1; }

say "makes $count repositories"
# Made keys: prefix and random digits are joined here, so that no file holds one.
key() { printf '%s_%s_%s' sk live "$(tr -dc 'A-Za-z0-9' </dev/urandom | head -c 24)"; }
shared=$(key)
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com
for number in $(seq "$count"); do
  repository=$work/repositories/$number
  [ -d "$repository/.git" ] && continue
  git init -q "$repository"
  mkdir -p "$repository/conf"
  printf 'STRIPE_SECRET_KEY=%s\n' "$( ((number % 10)) && echo none || echo "$shared")" > "$repository/conf/.env"
  ((number % 7)) || printf 'KEY=%s\n' "$(key)" > "$repository/old.env"
  git -C "$repository" add -Af && git -C "$repository" commit -qm one
  rm -f "$repository/old.env" && git -C "$repository" add -A && git -C "$repository" commit -qm two --allow-empty
done

out=$work/out plan=$work/plan.json
all=("$work"/repositories/* ${mirrors:+"$mirrors"/*})
say "${#all[@]} repositories, $(du -shc "${all[@]}" | tail -1 | cut -f1)"
printf '%s\n' "${all[@]}" | "$pinstripe" fleet plan --units "$units" -o "$plan" || exit 1

# The program as tasks see it: the first start of unit 5 finds a lock, unit 9 never starts, some are killed at random.
cat > "$work/bin/pinstripe" <<END
#!/bin/bash
unit=\$SLURM_ARRAY_TASK_ID
echo "\$unit \${SLURM_RESTART_COUNT:-0}" >> "$work/starts"
[ "\$unit" = 5 ] && [ "\${SLURM_RESTART_COUNT:-0}" = 0 ] && exit 75
[ "\$unit" = 9 ] && [ ! -e "$work/second" ] && exit 1
if [ ! -e "$work/second" ] && ((unit % 8 == 3)); then
  "$pinstripe" "\$@" & sleep 0.0\$((RANDOM % 10)); kill -9 \$!; wait; exit 137
fi
exec "$pinstripe" "\$@"
END
chmod +x "$work/bin/pinstripe"
export PATH=$work/bin:$PATH PLAN=$plan OUT=$out

array() {
  : > "$work/starts"
  local job
  job=$(sbatch --parsable --array="0-$((units - 1))" --export=ALL --output="$work/log/%A_%a" "$here/fleet.sbatch") || exit 1
  say "array $job of $units units"
  while squeue -h -j "$job" 2>/dev/null | grep -q .; do sleep 2; done
  say "$(wc -l < "$work/starts") starts, of units $(cut -d' ' -f1 "$work/starts" | sort -u | wc -l)"
}

merged() { "$pinstripe" fleet merge "$out" --format json 2> "$work/said" > "$work/merged.json"; }

array
grep -q '^5 1$' "$work/starts" || { echo "failed: unit 5 was not requeued"; exit 1; }
merged; code=$?
grep -q '^unit 9 ' "$work/said" || { echo "failed: merge does not miss unit 9"; exit 1; }
say "merge: exit $code, $(tail -1 "$work/said")"
touch "$work/second"
array
merged; code=$?
say "merge: exit $code"
"$pinstripe" scan --history --format json "${all[@]}" > "$work/whole.json"; whole=$?
cmp "$work/merged.json" "$work/whole.json" && [ "$code" = "$whole" ] || { echo "failed: merged and whole differ"; exit 1; }
say "the merged report is the one-process report, byte for byte ($(wc -c < "$work/merged.json") bytes)"
