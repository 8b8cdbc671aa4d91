# What the completion of all programs shares. ganeti/tools/bash_completion.py puts it before their tables, after the
# variables with the directories.
#
# A table sets in the caller:
#   options    words FLAG=KIND, KIND empty for a flag without value
#   arguments  words KIND:MAXIMUM, MAXIMUM "any" without limit
# KIND is one of the functions _ganeti_kind_* or choices,WORD,WORD...
# Nothing here asks the master: all words come from files, which also work while it is down.

# Appends a line to the file $GANETI_COMPL_LOG, if that is set.
_ganeti_log() {
  [[ -z ${GANETI_COMPL_LOG-} ]] || printf '%s\n' "$*" >> "$GANETI_COMPL_LOG"
}

# Prints a file with simple configuration, $1 the key.
_ganeti_ssconf() {
  cat -- "${GANETI_ROOTDIR-}$_ganeti_data_dir/ssconf_$1" 2>/dev/null
}

# The same for a file whose lines are "UUID NAME".
_ganeti_ssconf_names() {
  _ganeti_ssconf "$1" | cut -d ' ' -f 2-
}

# Prints the names of the entries of the directories $1, separated by colons.
_ganeti_entries() {
  local directory entry
  local -a directories
  IFS=: read -ra directories <<< "$1"
  for directory in "${directories[@]}"; do
    for entry in "$directory"/*; do
      [[ ! -e $entry ]] || printf '%s\n' "${entry##*/}"
    done
  done
}

# Each prints the words that a value of its kind may be; $1 is what there is of the word.
_ganeti_kind_onenode() { _ganeti_ssconf node_list; }
_ganeti_kind_oneinstance() { _ganeti_ssconf instance_list; }
_ganeti_kind_onegroup() { _ganeti_ssconf_names nodegroups; }
_ganeti_kind_onenetwork() { _ganeti_ssconf_names networks; }
_ganeti_kind_oneiallocator() { _ganeti_entries "$_ganeti_iallocator_path"; }
_ganeti_kind_host() { compgen -A hostname; }
_ganeti_kind_command() { compgen -c -- "$1"; }

_ganeti_kind_onejob() {
  local file
  for file in "${GANETI_ROOTDIR-}$_ganeti_queue_dir"/job-*; do
    [[ ! -e $file ]] || printf '%s\n' "${file##*/job-}"
  done
}

# An OS definition with variants is meant together with one of them.
_ganeti_kind_oneos() {
  local directory name variant
  local -a directories
  IFS=: read -ra directories <<< "$_ganeti_os_path"
  for directory in "${directories[@]}"; do
    for name in $(_ganeti_entries "$directory"); do
      if [[ -s $directory/$name/variants.list ]]; then
        while read -r variant; do
          [[ -z $variant || $variant == '#'* ]] || printf '%s\n' "$name+$variant"
        done < "$directory/$name/variants.list"
      else
        printf '%s\n' "$name"
      fi
    done
  done
}

# Parameters may belong to an OS definition as well as to a variant of it.
_ganeti_kind_osorvariant() {
  { _ganeti_entries "$_ganeti_os_path"; _ganeti_kind_oneos; } | sort -u
}

# Primary node, or primary and secondary node with a colon between them.
_ganeti_kind_addnodes() {
  local first=${1%%:*} node
  if [[ $1 != *:* ]]; then
    _ganeti_kind_onenode
    return
  fi
  for node in $(_ganeti_kind_onenode); do
    [[ $node == "$first" ]] || printf '%s\n' "$first:$node"
  done
}

# Sets COMPREPLY to the words of kind $1 that begin with $2, which may have the form --FLAG=BEGINNING.
_ganeti_reply() {
  local kind=$1 word=$2 prefix=''
  if [[ $word == --*=* ]]; then
    # bash replaces only what follows the "=", unless it was told not to split there.
    [[ $COMP_WORDBREAKS == *=* ]] || prefix=${word%%=*}=
    word=${word#*=}
  fi
  case $kind in
    '' | none) ;;
    file)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -P "$prefix" -- "$word")
      ;;
    dir)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -P "$prefix" -- "$word")
      ;;
    choices,*)
      kind=${kind#choices,}
      _ganeti_match "${kind//,/$'\n'}" "$word" "$prefix"
      ;;
    *)
      # A colon and a second node may follow.
      [[ $kind != addnodes || $word == *:* ]] || compopt -o nospace 2>/dev/null
      _ganeti_match "$("_ganeti_kind_$kind" "$word")" "$word" "$prefix"
      ;;
  esac
}

# Adds those of the words $1, one per line, to COMPREPLY that begin with $2, with $3 before each.
# (compgen -W would run what a file name has in $(...).)
_ganeti_match() {
  local word=$2 prefix=$3 kept='' candidate
  # As above: what stands before the last ":" must not be repeated.
  if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then
    kept=${word%"${word##*:}"}
  fi
  while IFS= read -r candidate; do
    [[ -z $candidate || $candidate != "$word"* ]] || COMPREPLY+=("$prefix${candidate#"$kept"}")
  done <<< "$1"
}

# Prints the kind of the value of flag $1, fails if there is no such flag.
_ganeti_kind_of() {
  local option
  for option in $options; do
    if [[ ${option%%=*} == "$1" ]]; then
      printf '%s\n' "${option#*=}"
      return 0
    fi
  done
  return 1
}

# Prints the kind of the argument in place $1, counted from 0.
_ganeti_kind_of_argument() {
  local argument place=$1 maximum
  for argument in $arguments; do
    maximum=${argument##*:}
    if [[ $maximum == any ]] || (( place < maximum )); then
      printf '%s\n' "${argument%:*}"
      return
    fi
    (( place -= maximum ))
  done
}

# Completes the last of the words "$@", those that follow the name of the program or of the sub-command. The programs
# take the first word that is no option and all that follow as arguments.
_ganeti_complete() {
  local -a before=("${@:1:$#-1}")
  local word=${!#} place=0 index=0 kind flags_end='' flag
  _ganeti_log "words: $*; options: $options; arguments: $arguments"
  while (( index < ${#before[@]} )); do
    flag=${before[index]}
    (( ++index ))
    if [[ -z $flags_end && $flag == -- ]]; then
      flags_end=1
    elif [[ -z $flags_end && $flag == -?* ]]; then
      kind=$(_ganeti_kind_of "$flag") || continue
      [[ -n $kind ]] || continue
      if (( index == ${#before[@]} )); then
        _ganeti_reply "$kind" "$word"
        return
      fi
      (( ++index ))
    else
      flags_end=1
      (( ++place ))
    fi
  done
  if [[ -z $flags_end && $word == --*=* ]]; then
    _ganeti_reply "$(_ganeti_kind_of "${word%%=*}")" "$word"
  elif [[ -z $flags_end && $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(printf '%s\n' $options | cut -d = -f 1)" -- "$word")
  else
    _ganeti_reply "$(_ganeti_kind_of_argument "$place")" "$word"
  fi
}

# Sets the array "words" to the words of the line up to the cursor, not split at "=" and ":" as in COMP_WORDS.
_ganeti_words() {
  local line=${COMP_LINE:0:COMP_POINT}
  read -ra words <<< "$line"
  [[ $line != *[[:blank:]] ]] || words+=('')
}

# Completes the name of a sub-command, or what follows it: $1 is the function that has their tables.
_ganeti_program() {
  local -a words
  local IFS=$' \t\n' options='' arguments='' commands=''
  COMPREPLY=()
  _ganeti_words
  "$1" "${words[1]-}"
  if (( ${#words[@]} <= 2 )); then
    mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "${words[1]-}")
  elif [[ -n $options ]]; then
    _ganeti_complete "${words[@]:2}"
  fi
}

# The same for a program without sub-commands.
_ganeti_simple_program() {
  local -a words
  local IFS=$' \t\n' options='' arguments=''
  COMPREPLY=()
  _ganeti_words
  "$1"
  _ganeti_complete "${words[@]:1}"
}
