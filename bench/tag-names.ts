import phrases from 'opencc-js/dict/STPhrases'
import { randomNumbers } from '../test/support/random.ts'

const english =
  `design photography travel music history science machine learning python kitchen garden recipe project
  meeting research reading writing language physics biology chemistry painting drawing sculpture theatre cinema poetry
  novel essay journal letter archive library museum school university teacher student exam lecture course lesson method
  theory practice tool paper notebook pencil colour light shadow mountain river ocean forest desert island city village
  street house window bridge station train plane bicycle market money budget tax invoice contract law health medicine
  sleep food bread coffee tea wine fruit vegetable animal bird fish tree flower weather winter summer spring autumn
  family friend child parent wedding birthday holiday festival game chess puzzle sport running swimming climbing yoga
  software hardware database network security server browser compiler algorithm graph matrix vector statistics geometry
  algebra calculus probability logic philosophy ethics religion politics economy business startup marketing sales brand
  customer product service quality process strategy goal habit focus energy climate water fire earth metal glass wood
  stone textile fashion cloth shoe jewel hammer engine motor battery solar wind nuclear space planet star galaxy moon
  robot sensor camera lens video audio voice song guitar piano violin drum dance opera comedy drama fiction fantasy
  thriller mystery romance legend myth ancient medieval modern future tag todo done urgent later idea draft review
  typescript javascript react docker linux windows android cloud cluster container backup storage memory cache queue`.split(
    /\s+/,
  )

/** Words of Chinese of two to four characters. */
const chinese = phrases
  .split('|')
  .map((pair) => pair.split(' ')[0] ?? '')
  .filter((word) => word.length >= 2 && word.length <= 4)
const fields = Array.from(
  `设计 摄影 旅行 音乐 历史 科学 机器 学习 基础 拼音 编程 语言 物理 生物 化学 绘画 电影 诗歌 小说 日记 图书馆 学校 老师 学生
  课程 方法 理论 实践 工具 笔记 颜色 高山 河流 海洋 森林 城市 街道 火车 市场 预算 合同 法律 健康 医学 睡眠 美食 咖啡 水果 动物
  天气 家庭 朋友 婚礼 生日 游戏 运动 软件 硬件 数据库 网络 安全 服务器 算法 统计 几何 概率 逻辑 哲学 伦理 政治 经济 营销 品牌
  产品 质量 战略 习惯 能源 气候 宇宙 机器人 相机 视频 声音 钢琴 舞蹈 喜剧 神话 古代 现代 未来 重庆 银行 长城 我的 新的`.split(
    /\s+/,
  ),
)

const [onsets, vowels, codas] = [
  'b br c ch cl d dr f fl g gr h j k l m n p pl qu r s sh sp st t th tr v w z'.split(' '),
  'a e i o u ai ea ou oo ee'.split(' '),
  ['', '', '', 'n', 'r', 's', 't', 'l', 'm', 'nd', 'st', 'ck', 'ng'],
]

/** Gives names of tags as people make them: words, compounds, some in Chinese, some mixed, with the common ones often. */
export function nameMaker(seed: number) {
  const random = randomNumbers(seed)
  const below = (count: number) => Math.floor(random() * count)
  const oneOf = <T>(list: readonly T[]): T => list[below(list.length)] as T
  /** The first ones far more often than the last. */
  const common = <T>(list: readonly T[]): T => list[Math.floor(list.length ** random()) - 1 || 0] as T
  const madeUp = Array.from({ length: 30_000 }, () =>
    Array.from({ length: 2 + below(3) }, () => oneOf(onsets) + oneOf(vowels) + oneOf(codas)).join(''),
  )
  const word = () => (random() < 0.5 ? common(english) : common(madeUp))
  const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
  const zh = () => (random() < 0.35 ? common(fields) : oneOf(chinese))
  return () => {
    const kind = random()
    if (kind < 0.12) return capital(word())
    if (kind < 0.38) return `${capital(word())} ${word()}`
    if (kind < 0.46) return `${word()}-${word()}`
    if (kind < 0.52) return `${word()} ${word()} ${word()}`
    if (kind < 0.56) return `${word()} ${1 + below(2_000)}`
    if (kind < 0.62) return zh()
    if (kind < 0.9) return zh() + zh()
    if (kind < 0.95) return `${capital(word())}${zh()}`
    return `${zh()}的${zh()}`
  }
}

/** How often tags are used: a few much, most of them hardly or not at all. */
export function usageMaker(seed: number, tags: number) {
  const random = randomNumbers(seed)
  return () => Math.floor((tags * 0.2) / (1 + random() * tags) ** 0.9)
}
