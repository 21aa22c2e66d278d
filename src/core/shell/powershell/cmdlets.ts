/**
 * Parameters of cmdlets that rules are about: `name` is a switch, `name=` takes a value, `name+` takes one that is an operand
 * (a file, a text that is run), `name*` does so too and may be given by its place, `other>name` is another name for one.
 */
const CMDLETS: Readonly<Record<string, string>> = {
  'add-content':
    'path* value= literalpath+ pspath>literalpath filter= include= exclude= passthru force nonewline encoding= stream= credential=',
  'add-type':
    'typedefinition* name= memberdefinition+ namespace= usingnamespace= path+ literalpath+ assemblyname= referencedassemblies= outputassembly= outputtype= language= passthru ignorewarnings',
  'clear-content':
    'path* literalpath+ pspath>literalpath filter= include= exclude= force stream= credential= whatif confirm',
  'clear-disk': 'number* friendlyname+ removedata removeoem passthru whatif confirm',
  'clear-eventlog': 'logname* computername= whatif confirm',
  'clear-history': 'id= commandline= count= newest whatif confirm',
  'clear-item': 'path* literalpath+ filter= include= exclude= force credential= whatif confirm',
  'copy-item':
    'path* destination* literalpath+ pspath>literalpath container recurse force passthru filter= include= exclude= credential= tosession= fromsession=',
  'disable-computerrestore': 'drive*',
  'foreach-object':
    'process* membername>process inputobject= begin= end= remainingscripts= argumentlist= parallel+ throttlelimit= asjob timeoutseconds=',
  'format-volume': 'driveletter* filesystem= newfilesystemlabel= full force compress path+ confirm whatif',
  'get-childitem':
    'path* filter* literalpath+ pspath>literalpath include= exclude= recurse depth= force name attributes= directory file hidden readonly system s>recurse ad>directory af>file ah>hidden followsymlink',
  'get-content':
    'path* literalpath+ pspath>literalpath readcount= totalcount= head>totalcount first>totalcount tail= last>tail raw wait force filter= include= exclude= encoding= delimiter= stream= asbytestream credential=',
  'get-item': 'path* literalpath+ pspath>literalpath force filter= include= exclude= stream= credential=',
  'get-process': 'name* id= pid>id includeusername module fileversioninfo inputobject=',
  'import-module':
    'name* assembly= prefix= force passthru global scope= disablenamechecking skipeditioncheck minimumversion= requiredversion=',
  'invoke-command':
    'scriptblock* computername= cn>computername session= filepath+ argumentlist= args>argumentlist hostname= username= keyfilepath= credential= port= usessl asjob nonewscope inputobject= throttlelimit= vmname= containerid=',
  'invoke-expression': 'command*',
  'invoke-item': 'path* literalpath+ filter= include= exclude= credential=',
  'invoke-restmethod':
    'uri* method= body= headers= outfile= infile= contenttype= credential= usebasicparsing useragent= sessionvariable= websession= proxy= timeoutsec= skipcertificatecheck form= authentication= token=',
  'invoke-webrequest':
    'uri* method= body= headers= outfile= infile= contenttype= credential= usebasicparsing useragent= sessionvariable= websession= proxy= timeoutsec= skipcertificatecheck form= authentication= token=',
  'move-item':
    'path* destination* literalpath+ pspath>literalpath force passthru filter= include= exclude= credential= whatif confirm',
  'new-item': 'path* name= itemtype= type>itemtype value= target>value force credential=',
  'new-itemproperty': 'path* name* value= propertytype= force literalpath+',
  'new-object': 'typename* argumentlist* args>argumentlist property= comobject+ strict',
  'out-file':
    'filepath* path>filepath literalpath+ encoding* append force noclobber nooverwrite>noclobber width= nonewline inputobject=',
  'out-string': 'stream width= nonewline inputobject=',
  'register-scheduledtask':
    'taskname* action= trigger= settings= principal= user= password= xml= force taskpath= description= runlevel=',
  'remove-item':
    'path* literalpath+ pspath>literalpath lp>literalpath filter= include= exclude= recurse force stream= credential= whatif confirm wi>whatif cf>confirm',
  'remove-itemproperty': 'path* name* literalpath+ force filter= include= exclude=',
  'remove-partition': 'disknumber* partitionnumber= driveletter+ passthru confirm whatif',
  'remove-psdrive': 'name* scope= force psprovider= literalname=',
  'rename-item': 'path* newname* literalpath+ force passthru',
  'restart-computer': 'computername* force wait timeout= confirm whatif',
  'select-object': 'property* first= last= skip= unique expandproperty= excludeproperty= index= inputobject= wait',
  'select-string':
    'pattern* path* literalpath+ simplematch casesensitive quiet list raw allmatches notmatch context= encoding= include= exclude= inputobject=',
  'set-acl': 'path* aclobject* literalpath+ passthru filter=',
  'set-content':
    'path* value= literalpath+ pspath>literalpath filter= include= exclude= passthru force nonewline encoding= stream= credential=',
  'set-executionpolicy': 'executionpolicy* scope* force whatif confirm',
  'set-item': 'path* value* literalpath+ force passthru filter= include= exclude= credential=',
  'set-itemproperty': 'path* name* value* literalpath+ type= force passthru filter= include= exclude=',
  'set-location': 'path* literalpath+ passthru stackname=',
  'set-mppreference':
    'disablerealtimemonitoring= disablebehaviormonitoring= disableioavprotection= disablescriptscanning= disableblockatfirstseen= exclusionpath= exclusionprocess= exclusionextension= force mapsreporting= submitsamplesconsent=',
  'set-netfirewallprofile': 'name* profile>name enabled= all defaultinboundaction= defaultoutboundaction= policystore=',
  'set-psreadlineoption':
    'historysavestyle= historysavepath= addtohistoryhandler= maximumhistorycount= editmode= predictionsource= historynoduplicates colors=',
  'set-service':
    'name* startuptype= startmode>startuptype status= displayname= description= credential= force passthru',
  'start-bitstransfer': 'source* destination* asynchronous transfertype= displayname= priority= credential=',
  'start-job':
    'scriptblock* name= filepath+ initializationscript= argumentlist= args>argumentlist credential= runas32 inputobject=',
  'start-process':
    'filepath* path>filepath argumentlist* args>argumentlist verb= workingdirectory= windowstyle= wait passthru nonewwindow credential= loaduserprofile redirectstandardinput= redirectstandardoutput= redirectstandarderror= usenewenvironment',
  'start-threadjob': 'scriptblock* name= filepath+ argumentlist= throttlelimit= streaminghost= initializationscript=',
  'stop-computer': 'computername* force confirm whatif',
  'stop-process': 'id* name+ processname>name inputobject= force passthru whatif confirm',
  'stop-service': 'name* servicename>name displayname= force nowait passthru include= exclude= whatif confirm',
  'tee-object': 'filepath* path>filepath literalpath+ append variable= encoding= inputobject=',
  'uninstall-module': 'name* allversions force requiredversion=',
  'where-object': 'filterscript* property* value= inputobject=',
  'write-output': 'inputobject* noenumerate',
  'new-alias': 'name* value* description= option= passthru scope= force',
  'set-alias': 'name* value* description= option= passthru scope= force',
  'new-variable': 'name* value* description= option= visibility= force passthru scope=',
  'set-variable': 'name* value* description= option= visibility= force passthru scope= include= exclude=',
}

/** Parameters that every cmdlet has. */
const COMMON =
  'verbose vb>verbose debug db>debug erroraction= ea>erroraction warningaction= wa>warningaction informationaction= infa>informationaction progressaction= proga>progressaction errorvariable= ev>errorvariable warningvariable= wv>warningvariable informationvariable= iv>informationvariable outvariable= ov>outvariable outbuffer= ob>outbuffer pipelinevariable= pv>pipelinevariable'

/** Names that PowerShell has for commands of its own. */
const ALIASES: ReadonlyMap<string, string> = new Map(
  (
    '% foreach-object foreach foreach-object ? where-object where where-object ac add-content ' +
    'cd set-location chdir set-location sl set-location clc clear-content clhy clear-history cli clear-item ' +
    'copy copy-item cpi copy-item del remove-item erase remove-item rd remove-item ri remove-item ' +
    'rp remove-itemproperty dir get-childitem gci get-childitem echo write-output fhx format-hex gc get-content ' +
    'gcm get-command gi get-item gp get-itemproperty gps get-process gsv get-service gal get-alias gv get-variable ' +
    'h get-history history get-history icm invoke-command iex invoke-expression ii invoke-item ihy invoke-history r invoke-history ' +
    'ipmo import-module irm invoke-restmethod iwr invoke-webrequest ' +
    'md new-item mi move-item move move-item ni new-item nal new-alias sal set-alias nv new-variable ' +
    'popd pop-location pushd push-location rdr remove-psdrive ren rename-item rni rename-item ' +
    'sajb start-job saps start-process sasv start-service sbp set-psbreakpoint sc set-content select select-object set set-variable ' +
    'si set-item sp set-itemproperty sls select-string spps stop-process spsv stop-service ' +
    'sv set-variable type get-content oh out-host write write-output ndr new-psdrive ' +
    'iwmi invoke-wmimethod rwmi remove-wmiobject gwmi get-wmiobject clv clear-variable rv remove-variable'
  )
    .split(' ')
    .reduce<[string, string][]>((pairs, word, at, words) => {
      if (at % 2 === 0) pairs.push([word, words[at + 1] ?? word])
      return pairs
    }, []),
)

/** Names that are aliases on Windows, and programs elsewhere: both readings are judged. */
const SHADOWED: ReadonlyMap<string, string> = new Map([
  ['rm', 'remove-item'],
  ['rmdir', 'remove-item'],
  ['cp', 'copy-item'],
  ['mv', 'move-item'],
  ['cat', 'get-content'],
  ['ls', 'get-childitem'],
  ['curl', 'invoke-webrequest'],
  ['wget', 'invoke-webrequest'],
  ['kill', 'stop-process'],
  ['ps', 'get-process'],
  ['start', 'start-process'],
  ['tee', 'tee-object'],
])

/** The command that PowerShell itself has under a name. */
export function cmdletNamed(name: string): string {
  return ALIASES.get(name) ?? name
}

/** The command that a name means on Windows, where it is a program elsewhere. */
export function shadowed(name: string): string | undefined {
  return SHADOWED.get(name)
}

export type Parameter = {
  readonly name: string
  /** It takes a value. */
  readonly valued: boolean
  /** Its value is an operand. */
  readonly operand: boolean
}

export type Cmdlet = {
  /** By every name they have. */
  readonly parameters: ReadonlyMap<string, Parameter>
  /** Those that may be given by their place, in order. */
  readonly positional: readonly Parameter[]
}

const cache = new Map<string, Cmdlet>()

/** The parameters of a cmdlet; undefined for one that nobody described. */
export function cmdletOf(name: string): Cmdlet | undefined {
  if (!Object.hasOwn(CMDLETS, name)) return undefined
  let cmdlet = cache.get(name)
  if (cmdlet === undefined) {
    cmdlet = parseCmdlet(`${CMDLETS[name] ?? ''} ${COMMON}`)
    cache.set(name, cmdlet)
  }
  return cmdlet
}

/** Parameters of a cmdlet that is not described: those that all have. */
export const ANY_CMDLET: Cmdlet = parseCmdlet(COMMON)

function parseCmdlet(described: string): Cmdlet {
  const parameters = new Map<string, Parameter>()
  const positional: Parameter[] = []
  const others: (readonly [string, string])[] = []
  for (const token of described.split(' ')) {
    const [first = '', second] = token.split('>')
    if (second !== undefined) {
      others.push([first, second])
      continue
    }
    const mark = token.charAt(token.length - 1)
    const marked = '*+='.includes(mark)
    const name = marked ? token.slice(0, -1) : token
    const parameter = { name, valued: marked, operand: mark === '*' || mark === '+' }
    parameters.set(name, parameter)
    if (mark === '*') positional.push(parameter)
  }
  for (const [other, name] of others) {
    const parameter = parameters.get(name)
    if (parameter !== undefined) parameters.set(other, parameter)
  }
  return { parameters, positional }
}
